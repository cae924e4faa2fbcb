package signin

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"initials": initials}).Parse(pageHTML))
	// pagePolicy lets a page have its one style and nothing else.
	pagePolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + digest(pageCSS) + "'"
)

// page is what a person sees: a choice of agents, or a sentence.
type page struct {
	Title, Text string
	Note        string // what went wrong on the way here
	Agents      []Agent
	Request     []field // of the client, to be sent again with the choice
	Style       template.CSS
}

type field struct{ Name, Value string }

// choose shows the agents. The request of the client comes back with the choice, as the login_hint.
func (i *Issuer) choose(w http.ResponseWriter, request url.Values, hint string) {
	p := page{Title: "Choose an agent", Text: "This is a demo: nobody asks for a password.", Agents: i.Agents}
	if hint != "" {
		p.Note = "There is no agent “" + hint + "” here. Who are you?"
	}
	for name, values := range request {
		if name != "login_hint" {
			p.Request = append(p.Request, field{name, values[0]})
		}
	}
	slices.SortFunc(p.Request, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	show(w, http.StatusOK, p)
}

func (i *Issuer) problem(w http.ResponseWriter, text string) {
	show(w, http.StatusBadRequest, page{Title: "This sign-in does not work", Text: text})
}

func (i *Issuer) signedOut(w http.ResponseWriter) {
	show(w, http.StatusOK, page{Title: "You are signed out", Text: "You can close this page."})
}

func show(w http.ResponseWriter, status int, p page) {
	p.Style = template.CSS(pageCSS)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p) // the browser is gone, and nobody else wants to know
}

// initials are the first letters of somebody's first and last name.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	var letters strings.Builder
	for _, word := range words {
		r, _ := utf8.DecodeRuneInString(word)
		letters.WriteRune(r)
	}
	return strings.ToUpper(letters.String())
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
