import type { SigninProblem } from '../signin';
import { t } from '../strings';
import { Button } from '../ui/button';
import { Icon, Logo } from '../ui/icon';
import css from './signin-view.module.css';

export interface SigninViewProps {
  /** The browser asks or is on its way: nothing to press. */
  busy: boolean;
  problem?: { code: SigninProblem; detail: string } | undefined;
  /** They have just signed out. */
  left?: boolean;
  onSignIn: () => void;
}

/** The door. Who signs in is asked by the company's own sign-in service, never here. */
export function SigninView({ busy, problem, left, onSignIn }: SigninViewProps) {
  return (
    <main className={css.page}>
      <section className={css.card} aria-busy={busy}>
        <div className={css.logo}>
          <Logo size={30} />
        </div>
        <h1>{t('signin.title')}</h1>
        <p className={css.lead} role="status">
          {busy ? t('signin.busy') : left ? t('signin.left') : t('signin.lead')}
        </p>
        {problem && (
          <div className={css.problem} role="alert">
            <Icon name="warn" />
            <p>
              {t(`signin.error.${problem.code}`)}
              {problem.detail && <small>{problem.detail}</small>}
            </p>
          </div>
        )}
        <Button look="primary" large disabled={busy} onClick={onSignIn} className={css.go ?? ''}>
          {t(problem ? 'signin.again' : 'signin.button')}
        </Button>
        <p className={css.foot}>{t('signin.foot')}</p>
      </section>
    </main>
  );
}
