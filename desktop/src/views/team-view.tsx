import type { Colleague, Team, TeamQueue } from '@parley/client';
import { useState } from 'react';
import { clock } from '../format';
import { useDesk, useDeskActions } from '../hooks/use-desk';
import { useNow } from '../hooks/use-now';
import { useTeam } from '../hooks/use-team';
import { useVisible } from '../hooks/use-visible';
import type { Wish } from '../store';
import { t } from '../strings';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Menu, MenuGroup, MenuItem, MenuLine } from '../ui/menu';
import { Slots, StateDot } from '../ui/state';
import css from './team-view.module.css';

/** A customer who waits longer than this wants somebody now, in ms. */
const LONG = 60_000;
/** Beyond this a clock says nothing, in ms. */
const DAY = 86_400_000;

/** All agents and queues, for whoever watches over them. Anew every 5 s while somebody looks. */
export default function TeamView() {
  const { team, problem } = useTeam(useVisible());
  // Of one queue, or of all.
  const [queue, setQueue] = useState<string>();
  const now = useNow() + useDesk((d) => d.skew);
  const agents = team ? crew(team, queue) : [];
  const free = agents.filter((a) => a.state === 'READY').length;
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>{t('team')}</h1>
        <p role="status" className={problem ? css.problem : css.live}>
          {problem || (team ? t('team.live') : t('transfer.looking'))}
        </p>
      </header>
      {team && (
        <>
          <section className={css.queues} aria-label={t('team.queues')}>
            {(team.queues ?? []).map((q) => (
              <QueueCard
                key={q.queue.id}
                queue={q}
                now={now}
                chosen={q.queue.id === queue}
                onChoose={() => setQueue(q.queue.id === queue ? undefined : q.queue.id)}
              />
            ))}
          </section>
          <section className={css.card}>
            <header>
              <h2>{t('team.agents')}</h2>
              <p>{t('team.free', { free, all: agents.length })}</p>
              {queue && (
                <Button look="quiet" icon="x" onClick={() => setQueue(undefined)}>
                  {t('team.all')}
                </Button>
              )}
            </header>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('team.agent')}</th>
                  <th scope="col">{t('team.state')}</th>
                  <th scope="col">{t('team.for')}</th>
                  <th scope="col">{t('team.chats')}</th>
                  <th scope="col" className={css.wide}>
                    {t('team.in')}
                  </th>
                  <th scope="col">
                    <span className="sr">{t('team.set')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {agents.map((a) => (
                  <AgentRow key={a.id} agent={a} team={team} now={now} />
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </div>
  );
}

/** Those of a queue, by name, so that nobody moves when their state does; who is offline stands last. */
function crew(team: Team, queue: string | undefined): Colleague[] {
  const away = (a: Colleague) => Number(a.state === 'OFFLINE');
  return team.agents
    .filter((a) => !queue || a.queues.includes(queue))
    .sort((a, b) => away(a) - away(b) || a.name.localeCompare(b.name));
}

function QueueCard({
  queue: q,
  now,
  chosen,
  onChoose,
}: {
  queue: TeamQueue;
  now: number;
  chosen: boolean;
  onChoose: () => void;
}) {
  const waits = q.longest ? now - q.longest : 0;
  return (
    <button type="button" className={css.queue} aria-pressed={chosen} onClick={onChoose}>
      <b dir="auto">{q.queue.name}</b>{' '}
      <span className={`${css.waiting} num`} data-late={waits > LONG || undefined}>
        {q.waiting}
      </span>{' '}
      <small>
        {q.waiting ? (
          <>
            {t('line.waiting')}, {t('line.longest')} <span className="num">{clock(waits)}</span>
          </>
        ) : (
          t('line.nobody')
        )}
      </small>{' '}
      <small className={css.free} data-none={q.available === 0 || undefined}>
        <i />
        {q.available ? t('transfer.available', { n: q.available }) : t('transfer.available.none')}
      </small>
    </button>
  );
}

function AgentRow({ agent: a, team, now }: { agent: Colleague; team: Team; now: number }) {
  const me = useDesk((d) => d.me?.id);
  const names = a.queues.map((id) => team.queues?.find((q) => q.queue.id === id)?.queue.name ?? id);
  const since = now - a.since;
  return (
    <tr data-away={a.state === 'OFFLINE' || undefined}>
      <th scope="row">
        <span className={css.who}>
          <Avatar id={a.id} name={a.name} size="s" />
          <bdi>{a.name}</bdi>
          {a.id === me && <i className={css.you}>{t('team.you')}</i>}
        </span>
      </th>
      <td>
        <span className={css.state} data-state={a.state}>
          <StateDot state={a.state} />
          <span>
            {t(`status.${a.state}`)}
            {a.reason && a.state === 'PAUSED' && ` · ${a.reason}`}
            {a.next && <small>{t(a.next === 'OFFLINE' ? 'team.next.OFFLINE' : 'team.next.PAUSED')}</small>}
          </span>
        </span>
      </td>
      <td className="num">{!a.since ? '–' : since > DAY ? t('team.days') : clock(since)}</td>
      <td>
        <Slots open={a.open} capacity={a.capacity} />
      </td>
      <td className={`${css.wide} ${css.in}`}>{names.join(', ')}</td>
      <td className={css.act}>
        <SetState agent={a} />
      </td>
    </tr>
  );
}

/** What a supervisor makes of an agent. Only what would cut into open chats asks first; everything else can be undone. */
function SetState({ agent: a }: { agent: Colleague }) {
  const known = useDesk((d) => d.reasons);
  const { supervise } = useDeskActions();
  const [asking, setAsking] = useState(false);
  const set = (wish: Wish) => () => void supervise(a, wish);
  const reasons = known.length ? known : [t('status.break')];
  return (
    <>
      <Menu
        align="end"
        trigger={
          <button type="button" className={css.set} aria-label={t('team.setOf', { name: a.name })}>
            {t('team.set')}
            <Icon name="down" size={15} />
          </button>
        }
      >
        <MenuItem dot="ok" checked={a.state === 'READY' && !a.next} onClick={set({ state: 'READY' })}>
          {t('status.READY')}
        </MenuItem>
        <MenuGroup label={t('status.pause')}>
          {reasons.map((reason) => (
            <MenuItem
              key={reason}
              dot="warn"
              checked={a.state === 'PAUSED' && a.reason === reason}
              onClick={set({ state: 'PAUSED', reason })}
            >
              {reason}
            </MenuItem>
          ))}
        </MenuGroup>
        <MenuLine />
        <MenuItem
          dot="ink-3"
          checked={a.state === 'OFFLINE'}
          onClick={a.open > 0 ? () => setAsking(true) : set({ state: 'OFFLINE' })}
        >
          {t('status.OFFLINE')}
        </MenuItem>
      </Menu>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t('team.busy', { name: a.name })}
        text={t('team.busy.text', { n: a.open, name: a.name })}
      >
        <div className={css.buttons}>
          <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
          <Button
            look="primary"
            onClick={() => {
              setAsking(false);
              void supervise(a, { state: 'OFFLINE', after: true });
            }}
          >
            {t('team.busy.after')}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
