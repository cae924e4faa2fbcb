package metrics

import (
	"context"

	"github.com/parley-chat/parley/functions/chat"
)

// Store is a store whose transitions are noted, so that the domain need not know that anybody counts.
type Store struct {
	chat.Store
	Meter *Meter
}

// Commit makes a transition, and notes it if it was made.
func (s Store) Commit(ctx context.Context, c chat.Change) error {
	err := s.Store.Commit(ctx, c)
	if err == nil {
		s.Meter.Committed(c)
	}
	return err
}
