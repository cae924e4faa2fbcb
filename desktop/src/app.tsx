import { useSyncExternalStore } from 'react';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import type { Door } from './door';
import { DeskContext } from './hooks/use-desk';
import { DeskView } from './views/desk-view';
import { SigninView } from './views/signin-view';

/** The whole page: the door, or the desk behind it. */
export function App({ door }: { door: Door }) {
  const state = useSyncExternalStore(door.subscribe, () => door.state);
  if (state.at !== 'in')
    return (
      <SigninView
        busy={state.at === 'busy'}
        problem={state.at === 'out' ? state.problem : undefined}
        left={state.at === 'out' && state.left === true}
        onSignIn={door.signIn}
      />
    );
  return (
    // The path is in the hash: any static host serves it, and the sign-in service knows one address.
    <Router hook={useHashLocation}>
      <DeskContext value={state.desk}>
        <DeskView onSignIn={door.signIn} onSignOut={door.signOut} />
      </DeskContext>
    </Router>
  );
}
