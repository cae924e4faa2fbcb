package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// The headers that CloudFront adds on AWS. The desktop loads nothing from elsewhere and is framed by nobody.
const (
	desktopPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; " +
		"media-src 'self' blob:; connect-src 'self' ws: wss:; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	immutable = "public, max-age=31536000, immutable"
)

// desktopFiles serves the desktop's build; every address without a file is the app's own, which finds its way itself.
func desktopFiles(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.StripPrefix("/desktop", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", desktopPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			h.Set("Cache-Control", immutable)
		} else {
			h.Set("Cache-Control", "no-cache")
			if !exists(dir, r.URL.Path) {
				r.URL.Path = "/"
			}
		}
		files.ServeHTTP(w, r)
	}))
}

// widgetFiles serves the widget's build to pages of any origin.
func widgetFiles(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.StripPrefix("/widget", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("X-Content-Type-Options", "nosniff")
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			h.Set("Cache-Control", immutable)
		} else {
			h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")
		}
		files.ServeHTTP(w, r)
	}))
}

// shopFiles serves the demo shop.
func shopFiles(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}

func exists(dir, name string) bool {
	_, err := fs.Stat(os.DirFS(dir), strings.TrimPrefix(path.Clean("/"+name), "/"))
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}
