#!/bin/sh
# Makes the certificates of this folder anew. They are for tests only: the keys are public, trust none of them anywhere.
# The authority's key is thrown away. Needs OpenSSL 3.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

key "$work/ca-key.pem"
openssl req -x509 -new -key "$work/ca-key.pem" -days 36500 -subj "/O=Sluice tests only/CN=test authority" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem

# signed NAME SUBJECT ALTERNATIVE-NAMES USAGE
signed() {
  key "$1-key.pem"
  openssl req -new -key "$1-key.pem" -subj "$2" -out "$work/$1.csr"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$4" "$3" > "$work/$1.ext"
  openssl x509 -req -in "$work/$1.csr" -CA ca.pem -CAkey "$work/ca-key.pem" -CAcreateserial -CAserial "$work/serial" \
    -days 36500 -extfile "$work/$1.ext" -out "$1.pem"
}
signed server "/O=Sluice tests only/CN=localhost" "DNS:localhost,DNS:*.test.google.fr,IP:127.0.0.1,IP:::1" serverAuth
signed client "/O=Sluice tests only/CN=test client" "DNS:client.test,URI:spiffe://test/client" clientAuth

# signed by nobody who is trusted
key stranger-key.pem
openssl req -x509 -new -key stranger-key.pem -days 36500 -subj "/O=Sluice tests only/CN=stranger" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -out stranger.pem
