package tenancy

import "time"

// MailKind says what a mail is about.
type MailKind string

// The kinds of mail. Those after MailPasswordChanged are what a mail may turn out
// to be when it is sent.
const (
	MailReset           MailKind = "reset"            // a link that sets a new password
	MailVerify          MailKind = "verify"           // a link that proves the address
	MailInvitation      MailKind = "invitation"       // a link into a tenant
	MailPasswordChanged MailKind = "password_changed" // a note
	MailAccountExists   MailKind = "account_exists"   // a note in place of MailVerify: the address is somebody's
	MailNone            MailKind = ""                 // nobody is to be told anything
)

// Mail is what is to be sent, as it is kept until then: without the token of its
// link, which is made when it is sent.
type Mail struct {
	ID         MailID
	Kind       MailKind
	To         Email
	User       UserID       // of MailVerify
	Tenant     TenantID     // of MailInvitation
	Invitation InvitationID // of MailInvitation
	ExpiresAt  time.Time    // it is not sent after that
	Attempts   int          // this one included
}

// Letter is what a mail says.
type Letter struct {
	Kind      MailKind // MailNone: send nothing
	To        Email
	Name      string    // of the person; empty: not known
	Tenant    string    // of MailInvitation: its name
	Inviter   string    // of MailInvitation: who asks; empty: not known
	ExpiresAt time.Time // when the link ends
}
