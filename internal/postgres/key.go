package postgres

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"

	"github.com/jackc/pgx/v5"
)

// AssertionKey returns the key that the gateway signs its assertions with. Where
// none is stored yet, candidate becomes it; of several replicas that start at
// once, the first to write wins and all return its key.
func (s *Store) AssertionKey(ctx context.Context, candidate ed25519.PrivateKey) (key ed25519.PrivateKey, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(candidate)
	if err != nil {
		return nil, translate("encoding assertion key", err)
	}
	err = s.transact(ctx, "loading assertion key", platform, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO gateway_keys (id, purpose, algorithm, private_key) VALUES ($1, 'assertion', 'EdDSA', $2)
			ON CONFLICT (purpose) DO NOTHING`, s.newID(), der)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT private_key FROM gateway_keys WHERE purpose = 'assertion'`).Scan(&der); err != nil {
			return err
		}
		key, err = parseKey(der)
		return err
	})
	return key, err
}

func parseKey(der []byte) (ed25519.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("the stored key is not PKCS #8")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the stored key is not Ed25519")
	}
	return key, nil
}
