package replica_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Behind a pooler that gives out transactions nothing is heard of changes.
func TestAPoolerOfTransactionsNeedsAWayPastIt(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 2)
	role := "gate_" + strings.ToLower(rand.Text())
	tenancytest.Exec(t, database, `CREATE ROLE `+role+` LOGIN NOINHERIT PASSWORD '`+role+`'`)
	tenancytest.Exec(t, database, `GRANT tenantgate_app TO `+role)
	tenancytest.Exec(t, database, `ALTER ROLE `+role+` SET role = 'tenantgate_app'`)
	as, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	as.User = url.UserPassword(role, role)
	through := tenancytest.PgBouncer(t, as.String(), "transaction")

	_, err = replica.Open(t.Context(), replica.Config{Database: through, Lease: time.Second})
	if !errors.Is(err, postgres.ErrDealsTransactions) || !strings.Contains(err.Error(), "database_direct") {
		t.Errorf("without a way past it: got %v, want an error that names database_direct", err)
	}
	direct := func(c *replica.Config) { c.Direct = database }
	one, two := open(t, through, "", direct), open(t, through, "", direct)
	two.role(t, users[0])
	one.remove(t, users[0])
	if got := two.role(t, users[0]); got != tenancy.RoleNone {
		t.Errorf("after a removal: got %v, want none", got)
	}
	two.role(t, users[1])
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[1])
	tenancytest.Eventually(t, 20*time.Second, "the new role is seen", func() bool { return two.role(t, users[1]) == tenancy.RoleMember })
}
