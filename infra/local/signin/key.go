package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// keyFile is the signing key's name in Config.KeyDir.
	keyFile = "signin-key.pem"
	// keyBits: RS256 is what every issuer speaks, Cognito and API Gateway's own authorizer among them.
	keyBits = 2048
)

// loadKey reads the key in a folder, or makes one there. Without a folder it makes one that nobody will see again.
func loadKey(dir string) (*rsa.PrivateKey, error) {
	if dir == "" {
		return rsa.GenerateKey(rand.Reader, keyBits)
	}
	file := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a key (%w): delete it, and a new one is made; all agents then sign in again", file, err)
	}
	return key, nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("no RSA key")
	}
	return private, nil
}

// makeKey writes a new key that only its owner may read, all of it or nothing.
func makeKey(file string) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	half, err := os.CreateTemp(filepath.Dir(file), keyFile+".*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(half.Name())
	if err := errors.Join(pem.Encode(half, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), half.Close()); err != nil {
		return nil, err
	}
	return key, os.Rename(half.Name(), file)
}

// thumbprint names a key by what it is (RFC 7638).
func thumbprint(k *rsa.PublicKey) string {
	text, _ := json.Marshal(publicKey(k)) // strings only; map keys come out in order, as the thumbprint wants them
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
