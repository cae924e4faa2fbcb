import { useRoute } from 'wouter';
import { useDesk } from './use-desk';

export type Page = 'chats' | 'messages' | 'team';

/** The page that is open. One that is not for this agent is the chats. */
export function usePage(): Page {
  const supervisor = useDesk((d) => d.me?.supervisor === true);
  const [team] = useRoute('/team');
  const [messages] = useRoute('/messages');
  if (team && supervisor) return 'team';
  return messages ? 'messages' : 'chats';
}
