package chat

// Settings are what an operator sets for all websites and queues of the stack. Configuration writes them; agents hear them with
// their next hello, a minute later at the latest.
type Settings struct {
	// Reasons of a pause and Dispositions of a close that agents may choose from; none means the defaults.
	Reasons      []string
	Dispositions []string
}

// DefaultSettings are what agents may choose from until an operator says otherwise.
func DefaultSettings() Settings {
	return Settings{
		Reasons:      []string{"Break", "Lunch", "Meeting", "Training", "Back office"},
		Dispositions: []string{"Solved", "Needs follow-up", "No answer", "Wrong department", "Spam"},
	}
}

func (s Settings) withDefaults() Settings {
	defaults := DefaultSettings()
	if len(s.Reasons) == 0 {
		s.Reasons = defaults.Reasons
	}
	if len(s.Dispositions) == 0 {
		s.Dispositions = defaults.Dispositions
	}
	return s
}
