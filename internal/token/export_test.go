package token

// CacheLen counts the tokens that are remembered.
func (v *Verifier) CacheLen() int {
	v.cache.entries.CleanUp()
	return v.cache.entries.EstimatedSize()
}

// CheckJWS checks a signature alone, with the keys of a JWK Set: the layer below
// claims, for vectors whose payload is no JWT.
func CheckJWS(jws string, keySetDocument []byte) error {
	keys, err := parseKeySet(keySetDocument)
	if err != nil {
		return err
	}
	return checkJWS(jws, keys)
}

// CheckHMAC is CheckJWS with a secret.
func CheckHMAC(jws string, secret []byte) error {
	return checkJWS(jws, keySet{{material: secret}})
}

func checkJWS(jws string, keys keySet) error {
	s, err := split(jws)
	if err != nil {
		return err
	}
	h, err := readHeader(s.header)
	if err != nil {
		return err
	}
	kid := h.kid
	if len(keys) == 1 && keys[0].id == "" {
		kid = ""
	}
	k, err := keys.find(kid, h.alg)
	if err != nil {
		return err
	}
	return k.verify(s, h.alg)
}

// CheckSignature checks a bare signature over any bytes with a public key or a
// secret.
func CheckSignature(alg string, message, signature []byte, material any) error {
	k, err := keySet{{material: material}}.find("", alg)
	if err != nil {
		return err
	}
	return k.verify(segments{signed: string(message), signature: signature}, alg)
}

// HeaderAlgorithm returns the alg of a compact JWS, where it can be read.
func HeaderAlgorithm(jws string) string {
	s, _ := split(jws)
	h, _ := readHeader(s.header)
	return h.alg
}
