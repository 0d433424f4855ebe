package httpapi

import (
	"context"
	"encoding/binary"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// entryOfLogJSON is an entry of the audit log. With the last three members, and
// session_id and tenant_id, whoever keeps an export can verify the chain in it.
type entryOfLogJSON struct {
	ID        tenancy.EntryID    `json:"id"`
	At        time.Time          `json:"at"`
	Actor     *personJSON        `json:"actor"`
	Action    string             `json:"action"`
	Target    string             `json:"target"`
	Detail    map[string]string  `json:"detail"`
	RequestID string             `json:"request_id"`
	SessionID *tenancy.SessionID `json:"session_id"`
	TenantID  *tenancy.TenantID  `json:"tenant_id"`
	Seq       int64              `json:"seq"`
	PrevHash  tenancy.ChainHash  `json:"prev_hash"`
	Hash      tenancy.ChainHash  `json:"hash"`
}

func entryOfLog(e tenancy.AuditEntry) entryOfLogJSON {
	return entryOfLogJSON{
		ID: e.ID, At: e.At.UTC(), Actor: personOf(e.Actor), Action: e.Action, Target: e.Target, Detail: e.Detail, RequestID: e.RequestID,
		SessionID: orNull(e.Session), TenantID: orNull(e.Tenant), Seq: e.Seq, PrevHash: e.PrevHash, Hash: e.Hash,
	}
}

type entriesJSON struct {
	Entries    []entryOfLogJSON `json:"entries"`
	NextCursor *string          `json:"next_cursor"`
}

// listAudit is GET /tenants/{id}/audit: a page, or a stream of all that match.
func (h *Handler) listAudit(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	query, err := c.query()
	if err != nil {
		return answer{}, err
	}
	var f faults
	wanted, format := f.auditQuery(query), f.single(query, "format")
	write, streams := exports[format]
	page := tenancy.Page{}
	switch {
	case format == "" || format == "json":
		page = f.page(query)
		wanted.After = placeOf(page.After)
	case !streams:
		f.add("query", "/format", "want json, ndjson or csv")
	case query.Has("limit") || query.Has("cursor"):
		f.add("query", "/format", "an export is whole: it takes no limit and no cursor")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if streams {
		return h.exportAudit(ctx, c.visit, id, wanted, format, write)
	}
	wanted.Limit = andOne(page).Limit
	list, err := h.Service.AuditEntries(ctx, c.caller, id, wanted)
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(list, page, cursorAt, entryOfLog)
	return answer{status: http.StatusOK, tenant: id, body: entriesJSON{Entries: shown, NextCursor: next}}, nil
}

var actionPattern = regexp.MustCompile(`^[a-z_]+\.([a-z_]+|\*)$`)

const maxAction = 100 // bytes

// auditQuery reads the filters of the log.
func (f *faults) auditQuery(query url.Values) tenancy.AuditQuery {
	q := tenancy.AuditQuery{From: f.time(query, "from"), To: f.time(query, "to"), Action: f.single(query, "action")}
	if q.Action != "" && (len(q.Action) > maxAction || !actionPattern.MatchString(q.Action)) {
		f.add("query", "/action", "want noun.verb, or noun.*")
	}
	actor := f.single(query, "actor")
	var err error
	switch {
	case strings.Contains(actor, "@"):
		q.Email, err = tenancy.ParseEmail(actor)
	case actor != "":
		q.Actor, err = tenancy.ParseUserID(actor)
	}
	if err != nil {
		f.add("query", "/actor", "want a user's id or an address")
	}
	return q
}

// time reads a time of RFC 3339.
func (f *faults) time(query url.Values, name string) time.Time {
	text := f.single(query, name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1 {
		f.add("query", "/"+name, "want a time such as 2026-11-26T20:44:43Z")
	}
	return at
}

// cursorAt writes the place of an entry as a cursor holds it.
func cursorAt(e tenancy.AuditEntry) (place [16]byte) {
	binary.BigEndian.PutUint64(place[:8], uint64(e.At.UnixMicro()))
	binary.BigEndian.PutUint64(place[8:], uint64(e.Seq))
	return place
}

func placeOf(cursor [16]byte) tenancy.AuditPlace {
	seq := int64(binary.BigEndian.Uint64(cursor[8:]))
	if seq == 0 {
		return tenancy.AuditPlace{}
	}
	// Within what Postgres can keep, whatever a client makes up.
	micros := min(max(int64(binary.BigEndian.Uint64(cursor[:8])), 0), int64(1)<<53)
	return tenancy.AuditPlace{At: time.UnixMicro(micros).UTC(), Seq: seq}
}

// An export writes batches of entries one after the other, as its media type
// wants them.
type export struct {
	kind  string
	begin func(io.Writer) (batch func([]tenancy.AuditEntry) error, err error)
}

var exports = map[string]export{
	"ndjson": {"application/x-ndjson", beginLines},
	"csv":    {"text/csv; charset=utf-8; header=present", beginTable}, // RFC 4180, section 3
}

// exportAudit answers with all that match, a batch at a time. The first batch is
// fetched before the answer begins, so that a refusal is still one.
func (h *Handler) exportAudit(ctx context.Context, v visit, id tenancy.TenantID, wanted tenancy.AuditQuery, format string, e export) (answer, error) {
	probe := wanted
	probe.Limit = 1
	if _, err := h.Service.AuditEntries(ctx, v.caller, id, probe); err != nil {
		return answer{}, err
	}
	return answer{
		status: http.StatusOK, tenant: id, kind: e.kind, attachment: "audit." + format,
		stream: func(w io.Writer) error {
			batch, err := e.begin(w)
			if err != nil {
				return err
			}
			return h.Service.ExportAudit(ctx, v.caller, id, wanted, batch)
		},
	}, nil
}

// beginLines writes an entry a line.
func beginLines(w io.Writer) (func([]tenancy.AuditEntry) error, error) {
	return func(batch []tenancy.AuditEntry) error {
		for _, e := range batch {
			line, err := json.Marshal(entryOfLog(e), json.Deterministic(true))
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// beginTable writes a table of RFC 4180.
func beginTable(w io.Writer) (func([]tenancy.AuditEntry) error, error) {
	table := csv.NewWriter(w)
	table.UseCRLF = true
	err := table.Write([]string{"id", "at", "actor_id", "actor_email", "action", "target", "detail", "request_id"})
	return func(batch []tenancy.AuditEntry) error {
		for _, e := range batch {
			detail, err := json.Marshal(e.Detail, json.Deterministic(true))
			if err != nil {
				return err
			}
			actor := ""
			if !e.Actor.ID.IsZero() {
				actor = e.Actor.ID.String()
			}
			row := []string{e.ID.String(), e.At.UTC().Format(time.RFC3339Nano), actor, string(e.Actor.Email), e.Action, e.Target, string(detail), e.RequestID}
			for i, cell := range row {
				row[i] = defuse(cell)
			}
			if err := table.Write(row); err != nil {
				return err
			}
		}
		table.Flush()
		return table.Error()
	}, err
}

// defuse keeps a spreadsheet from taking a cell for a formula: an address may
// begin with any of these, and a formula can send the rest of the table away.
// The apostrophe is what OWASP advises against CSV injection.
func defuse(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
