package history_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/history"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var (
	key   = tenancy.Key{User: tenancy.UserID{1}, Tenant: tenancy.TenantID{1}}
	other = tenancy.Key{User: tenancy.UserID{2}, Tenant: tenancy.TenantID{1}}
)

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func served(replica, start, end int) history.Request {
	return history.Request{Start: ms(start), End: ms(end), Replica: replica, Key: key, Served: true}
}

func takes(replica, start, answered int) history.Write {
	return history.Write{Start: ms(start), Answered: ms(answered), Replica: replica, Key: key}
}

func gives(start, answered int) history.Write {
	return history.Write{Start: ms(start), Answered: ms(answered), Replica: 0, Key: key, Gives: true}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const sql = history.BySQL
	refused := served(1, 30, 31)
	refused.Served = false
	somebodyElse := served(1, 30, 31)
	somebodyElse.Key = other
	open := func(opened, closed int) history.Stream {
		return history.Stream{Opened: ms(opened), Closed: ms(closed), Replica: 1, Key: key}
	}
	for _, test := range []struct {
		name string
		h    history.History
		p    history.Promise
		want []string
	}{
		{"served before", history.History{Requests: []history.Request{served(1, 0, 5)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, nil},
		{"served after", history.History{Requests: []history.Request{served(1, 30, 31)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, []string{"R1"}},
		{"began at the very answer", history.History{Requests: []history.Request{served(1, 20, 31)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, []string{"R1"}},
		{"refused after", history.History{Requests: []history.Request{refused}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, nil},
		{"somebody else", history.History{Requests: []history.Request{somebodyElse}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, nil},
		{"began before the answer", history.History{Requests: []history.Request{served(1, 19, 31)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{}, nil},
		{"given again before", history.History{Requests: []history.Request{served(1, 30, 31)}, Writes: []history.Write{takes(0, 10, 20), gives(21, 25)}}, history.Promise{}, nil},
		{"given again meanwhile", history.History{Requests: []history.Request{served(1, 30, 40)}, Writes: []history.Write{takes(0, 10, 20), gives(35, 50)}}, history.Promise{}, nil},
		{"given again afterwards", history.History{Requests: []history.Request{served(1, 30, 31)}, Writes: []history.Write{takes(0, 10, 20), gives(32, 33)}}, history.Promise{}, []string{"R1"}},
		{"taken again", history.History{Requests: []history.Request{served(1, 60, 61)}, Writes: []history.Write{takes(0, 40, 50), gives(21, 25), takes(0, 10, 20)}}, history.Promise{}, []string{"R1"}},
		{"the replica's own", history.History{Requests: []history.Request{served(0, 30, 31)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Others: ms(100)}, []string{"R1"}},
		{"another's, in time", history.History{Requests: []history.Request{served(1, 30, 31)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Others: ms(100)}, nil},
		{"another's, late", history.History{Requests: []history.Request{served(1, 130, 131)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Others: ms(100)}, []string{"R1"}},
		{"SQL, in time", history.History{Requests: []history.Request{served(1, 30, 31)}, Writes: []history.Write{takes(sql, 10, 20)}}, history.Promise{SQL: ms(100)}, nil},
		{"SQL, late", history.History{Requests: []history.Request{served(1, 130, 131)}, Writes: []history.Write{takes(sql, 10, 20)}}, history.Promise{SQL: ms(100)}, []string{"R2"}},
		{"in an outage, within the lease", history.History{Requests: []history.Request{served(1, 30, 31)}, Outages: []history.Outage{{ms(10), ms(90), 1}}}, history.Promise{Lease: ms(50)}, nil},
		{"in an outage, past the lease", history.History{Requests: []history.Request{served(1, 70, 71)}, Outages: []history.Outage{{ms(10), ms(90), 1}}}, history.Promise{Lease: ms(50)}, []string{"R3"}},
		{"as an outage ends", history.History{Requests: []history.Request{served(1, 70, 95)}, Outages: []history.Outage{{ms(10), ms(90), 1}}}, history.Promise{Lease: ms(50)}, nil},
		{"in another's outage", history.History{Requests: []history.Request{served(2, 70, 71)}, Outages: []history.Outage{{ms(10), ms(90), 1}}}, history.Promise{Lease: ms(50)}, nil},
		{"a stream closed in time", history.History{Streams: []history.Stream{open(0, 1019)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Close: time.Second}, nil},
		{"a stream closed late", history.History{Streams: []history.Stream{open(0, 1021)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Close: time.Second}, []string{"R4"}},
		{"a stream never closed", history.History{Streams: []history.Stream{open(0, 0)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Close: time.Second, End: ms(5000)}, []string{"R4"}},
		{"a stream that may be late yet", history.History{Streams: []history.Stream{open(0, 0)}, Writes: []history.Write{takes(0, 10, 20)}}, history.Promise{Close: time.Second, End: ms(500)}, nil},
		{"a stream of somebody given access again", history.History{Streams: []history.Stream{open(0, 0)}, Writes: []history.Write{takes(0, 10, 20), gives(30, 40)}}, history.Promise{Close: time.Second, End: ms(5000)}, nil},
		{"a stream opened after the revocation", history.History{Streams: []history.Stream{open(60, 0)}, Writes: []history.Write{takes(0, 10, 20), gives(30, 40)}}, history.Promise{Close: time.Second, End: ms(5000)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range history.Check(test.h, test.p) {
				got = append(got, v.Rule)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("broken promises (-want +got):\n%s", diff)
			}
		})
	}
}
