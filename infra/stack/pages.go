package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/parley-chat/parley/infra/local/signin"
)

// desktopPolicy is the desktop's content security policy, as CloudFront sends it. The socket is of another origin here.
const desktopPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; " +
	"media-src 'self' blob:; connect-src 'self' ws: wss:; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// front is the one origin of the web pages. On AWS that is CloudFront; here it also signs demo agents in and hands requests for the
// HTTPS API on to it.
type front struct {
	mux    *http.ServeMux
	issuer atomic.Pointer[signin.Issuer]
	api    atomic.Pointer[httputil.ReverseProxy]
}

func newFront() *front {
	f := &front{mux: http.NewServeMux()}
	f.mux.Handle("/", http.FileServer(http.Dir(filepath.Join("infra", "local", "shop"))))
	f.mux.Handle("/widget/", files("/widget/", filepath.Join("widget", "dist"), http.Header{"Access-Control-Allow-Origin": {"*"}}, false))
	f.mux.Handle("/desktop/", files("/desktop/", filepath.Join("desktop", "dist"), http.Header{"Content-Security-Policy": {desktopPolicy}}, true))
	f.mux.HandleFunc("/oidc/", func(w http.ResponseWriter, r *http.Request) { f.issuer.Load().ServeHTTP(w, r) })
	f.mux.HandleFunc("/v1/", f.forward)
	f.mux.HandleFunc("/health", f.forward)
	return f
}

// files serves a build. In an app an address without a file is the app's own, which finds its way itself.
func files(prefix, dir string, header http.Header, app bool) http.Handler {
	server := http.FileServer(http.Dir(dir))
	return http.StripPrefix(strings.TrimSuffix(prefix, "/"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Cache-Control", "no-cache")
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(r.URL.Path))); err != nil && app {
			r.URL.Path = "/"
		}
		server.ServeHTTP(w, r)
	}))
}

// ServeHTTP answers requests.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

// open lets requests through to the API.
func (f *front) open(api string) error {
	to, err := url.Parse(api)
	if err != nil {
		return err
	}
	f.api.Store(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		// Told to who asked, not to the terminal: pages that are closed cancel what they asked for.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	})
	return nil
}

func (f *front) forward(w http.ResponseWriter, r *http.Request) {
	api := f.api.Load()
	if api == nil {
		http.Error(w, "The stack is being deployed.", http.StatusServiceUnavailable)
		return
	}
	api.ServeHTTP(w, r)
}
