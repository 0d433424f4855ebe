package endtoend_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/contract"
	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// callers are the columns of the table below.
var callers = []string{"anonymous", "stranger", "viewer", "member", "admin", "platform", "elsewhere", "suspended", "barred"}

// authorization is the whole API: every operation of openapi.yaml, by its
// operationId, and the status that each caller gets. Each has a tenant and people
// of its own, so that no cell depends on another.
//
//   - stranger: signed in, member of nothing;
//   - platform: a platform admin, member of nothing;
//   - elsewhere: admin of another tenant;
//   - suspended: the account was an admin's, and is suspended;
//   - barred: an admin's membership of this tenant is suspended, the account is not.
//
// Two rows of an operation are two things that it does.
var authorization = map[string]struct {
	body string
	want string
}{
	//                                                                                   anon str view memb adm plat else susp barr
	"register":                 {`{"email":"$new@new.test","password":"correct horse","name":"N","tenant":{"create":{"name":"N","slug":"$new"}}}`, "201 201 201 201 201 201 201 201 201"},
	"login":                    {`{"email":"$me","password":"` + devserver.Password + `"}`, "401 200 200 200 200 200 200 401 200"},
	"refresh":                  {`{"refresh_token":"no such token"}`, "401 401 401 401 401 401 401 401 401"},
	"logout":                   {`{}`, "401 204 204 204 204 204 204 401 204"},
	"requestPasswordReset":     {`{"email":"$new@new.test"}`, "202 202 202 202 202 202 202 202 202"},
	"resetPassword":            {`{"token":"no such token","password":"correct horse"}`, "410 410 410 410 410 410 410 410 410"},
	"requestEmailVerification": {``, "401 202 202 202 202 202 202 401 202"},
	"verifyEmail":              {`{"token":"no such token"}`, "401 410 410 410 410 410 410 401 410"},
	"getMe":                    {``, "401 200 200 200 200 200 200 401 200"},
	"updateMe":                 {`{"name":"New Name"}`, "401 200 200 200 200 200 200 401 200"},
	"changePassword":           {`{"current_password":"` + devserver.Password + `","new_password":"correct horse"}`, "401 204 204 204 204 204 204 401 204"},
	"listMySessions":           {``, "401 200 200 200 200 200 200 401 200"},
	"endMySession":             {``, "401 204 204 204 204 204 204 401 204"},
	"listMyInvitations":        {``, "401 200 200 200 200 200 200 401 200"},
	"acceptInvitation":         {`{"token":"no such token"}`, "401 410 410 410 410 410 410 401 410"},

	"getCurrentTenant": {``, "401 403 200 200 200 403 403 401 403"},
	"countTenantUsers": {``, "401 403 200 200 200 403 403 401 403"},
	"listTenants":      {``, "200 200 200 200 200 200 200 401 200"},
	"createTenant":     {`{"name":"N","slug":"$new"}`, "401 201 201 201 201 201 201 401 201"},

	"getTenant":          {``, "401 403 200 200 200 200 403 401 403"},
	"updateTenant":       {`{"name":"New Name"}`, "401 403 403 403 200 200 403 401 403"},
	"deleteTenant":       {``, "401 403 403 403 204 204 403 401 403"},
	"restoreTenant":      {``, "401 403 403 403 200 200 403 401 403"},
	"suspendTenant":      {``, "401 403 403 403 403 200 403 401 403"},
	"activateTenant":     {``, "401 403 403 403 403 200 403 401 403"},
	"switchTenant":       {``, "401 403 200 200 200 403 403 401 403"},
	"leaveTenant":        {``, "401 403 204 204 204 403 403 401 403"},
	"getTenantDomain":    {``, "401 403 403 403 200 200 403 401 403"},
	"verifyTenantDomain": {``, "401 403 403 403 409 409 403 401 403"},

	"listMembers":  {``, "401 403 200 200 200 403 403 401 403"},
	"addMember":    {`{"email":"$new@new.test","role":"viewer"}`, "401 403 403 403 202 403 403 401 403"},
	"getMember":    {``, "401 403 200 200 200 403 403 401 403"},
	"updateMember": {`{"role":"member"}`, "401 403 403 403 200 403 403 401 403"},
	"removeMember": {``, "401 403 403 403 204 403 403 401 403"},

	"listInvitations":  {``, "401 403 403 403 200 403 403 401 403"},
	"createInvitation": {`{"email":"$new@new.test","role":"viewer"}`, "401 403 403 403 201 403 403 401 403"},
	"resendInvitation": {``, "401 403 403 403 200 403 403 401 403"},
	"revokeInvitation": {``, "401 403 403 403 204 403 403 401 403"},

	"listConfig":   {``, "401 403 200 200 200 403 403 401 403"},
	"getConfig":    {``, "401 403 200 200 200 403 403 401 403"},
	"putConfig":    {`{"value":"open"}`, "401 403 403 403 200 403 403 401 403"},
	"deleteConfig": {``, "401 403 403 403 204 403 403 401 403"},
	"listAudit":    {``, "401 403 403 403 200 403 403 401 403"},

	"getOpenAPI":       {``, "200 200 200 200 200 200 200 200 200"},
	"getDocs":          {``, "200 200 200 200 200 200 200 200 200"},
	"getHealth":        {``, "200 200 200 200 200 200 200 200 200"},
	"getReadiness":     {``, "200 200 200 200 200 200 200 200 200"},
	"getRootHealth":    {``, "200 200 200 200 200 200 200 200 200"},
	"getRootReadiness": {``, "200 200 200 200 200 200 200 200 200"},
	"getAssertionKeys": {``, "200 200 200 200 200 200 200 200 200"},
	"getTokenKeys":     {``, "404 404 404 404 404 404 404 404 404"},
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	walked := 0
	for _, operation := range document.Operations {
		row, there := authorization[operation.OperationID]
		if !there {
			t.Errorf("%s: the table has no row for %s %s", operation.OperationID, operation.Method, operation.Path)
			continue
		}
		walked++
		var got []string
		for _, caller := range callers {
			got = append(got, strconv.Itoa(visit(t, gateway, database, operation, caller, row.body).status))
		}
		if want := strings.Fields(row.want); !slices.Equal(got, want) {
			t.Errorf("%s\n  callers %s\n  got     %s\n  want    %s", operation.OperationID,
				strings.Join(callers, " "), strings.Join(got, " "), row.want)
		}
	}
	if walked != len(authorization) {
		t.Errorf("%d rows of the table are of operations that are not in openapi.yaml", len(authorization)-walked)
	}
}

// visit lets a caller, new like the tenant, ask for an operation.
func visit(t *testing.T, gateway *gatewaytest.Gateway, database string, o *contract.Operation, caller, body string) told {
	t.Helper()
	w := settle(t, database, o.OperationID)
	me := w.people[caller]
	session := uuid.NewString()
	if caller != "anonymous" {
		tenancytest.Exec(t, database, `
			INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, now(), now() + interval '1 hour')`, session, me)
	}
	path := strings.NewReplacer("{member}", w.member, "{invitation}", w.invitation, "{key}", "join_policy").Replace(o.Path)
	id := w.tenant
	if strings.Contains(o.Path, "/me/sessions/") {
		id = session
	}
	a := ask{
		method: o.Method, path: strings.Replace(path, "{id}", id, 1), header: http.Header{},
		body: strings.NewReplacer("$new", "n"+uuid.NewString()[:8], "$me", w.address(caller)).Replace(body),
	}
	if o.Tags[0] == "tenant" {
		a.tenant = w.tenant
	}
	if caller != "anonymous" {
		token := gatewaytest.Token(t, "erin@nowhere.test", gatewaytest.Claims{"sub": me, "sid": session})
		a.header.Set("Authorization", "Bearer "+token)
	}
	answer, err := try(t, gateway, a)
	if err != nil { // also what is not as openapi.yaml says
		t.Errorf("%s: %v", caller, err)
	}
	return answer
}

// surroundings are a tenant with one of each caller, and what operations name.
type surroundings struct {
	tenant, member, invitation, mark string
	people                           map[string]string
}

func (s surroundings) address(caller string) string { return caller + s.mark + "@cell.test" }

// settle makes them, in the state that the operation starts from: in one script, for
// there are hundreds of cells.
func settle(t *testing.T, database, operation string) surroundings {
	t.Helper()
	s := surroundings{
		tenant: uuid.NewString(), member: uuid.NewString(), invitation: uuid.NewString(), mark: uuid.NewString()[:8], people: map[string]string{},
	}
	other := uuid.NewString()
	status := map[string]string{"restoreTenant": "deleted", "activateTenant": "suspended"}[operation]
	if status == "" {
		status = "active"
	}
	var script strings.Builder
	say := func(format string, values ...any) { fmt.Fprintf(&script, format+";\n", values...) }
	for _, id := range []string{s.tenant, other} {
		say(`INSERT INTO tenants (id, name, slug) VALUES ('%s', 'Cell', 'c%s')`, id, id[:8])
	}
	for _, who := range append([]string{"owner", "target"}, callers[1:]...) {
		s.people[who] = uuid.NewString()
		role := map[bool]string{true: "platform_admin", false: "user"}[who == "platform"]
		say(`INSERT INTO users (id, email, name, status, role, password_hash)
			SELECT '%s', '%s', 'Somebody', 'active', '%s', password_hash FROM users WHERE email = 'alice@acme.test'`, s.people[who], s.address(who), role)
	}
	join := func(id, tenant, who, role, status string) {
		say(`INSERT INTO tenant_users (id, tenant_id, user_id, role, status) VALUES ('%s', '%s', '%s', '%s', '%s')`, id, tenant, s.people[who], role, status)
	}
	for who, role := range map[string]string{"owner": "admin", "viewer": "viewer", "member": "member", "admin": "admin", "suspended": "admin"} {
		join(uuid.NewString(), s.tenant, who, role, "active")
	}
	join(uuid.NewString(), s.tenant, "barred", "admin", "suspended")
	join(uuid.NewString(), other, "elsewhere", "admin", "active")
	join(s.member, s.tenant, "target", "viewer", "active")
	say(`UPDATE users SET status = 'suspended' WHERE id = '%s'`, s.people["suspended"])
	say(`INSERT INTO tenant_configs (tenant_id, key, value) VALUES ('%s', 'join_policy', '"closed"')`, s.tenant)
	say(`INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
		VALUES ('%[1]s', '%[2]s', '%[3]s', 'viewer', sha256('%[1]s'), now() + interval '1 day')`, s.invitation, s.tenant, s.address("guest"))
	say(`UPDATE tenants SET status = '%s', pending_domain = 'd%s.invalid', domain_token = 'x' WHERE id = '%s'`, status, s.mark, s.tenant)
	gatewaytest.Script(t, database, script.String())
	return s
}
