import type { Row } from '@parley/client';
import { useWidget } from '../context';
import { Icon } from '../icons';
import type { Language } from '../texts';

/** A change of who speaks, told in the conversation. */
export function Event({ row, moved }: { row: Row; moved: boolean }) {
  const { language } = useWidget();
  return (
    <div class="ev">
      <Icon of={row.kind === 'closed' ? 'end' : 'user'} />
      <span dir={language.dir}>{sentence(row, moved, language.t)}</span>
    </div>
  );
}

export function sentence({ kind, outcome, to = '', ...row }: Row, moved: boolean, t: Language['t']): string {
  const name = row.name?.split(' ')[0] ?? '';
  switch (kind) {
    case 'accepted':
    case 'joined':
      return t('event.accepted', { name });
    case 'left':
      return t('event.left', { name });
    case 'transferred':
      return moved ? t('event.moved', { to }) : t('event.transferred', { name });
    case 'requeued':
      return name ? t('event.requeued', { name }) : t('event.requeued.unnamed');
    case 'reopened':
      return t('event.reopened');
    case 'closed':
      switch (outcome) {
        case 'left':
          return t('event.closed.left');
        case 'abandoned':
          return t('event.closed.abandoned');
        case 'unmanaged':
        case 'offline':
          return t('event.closed.late');
        case 'timeout':
          return t('event.closed.timeout');
        default:
          return name ? t('event.closed.by', { name }) : t('event.closed');
      }
    case 'message':
      return '';
  }
}
