package mail

import (
	"fmt"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Message is a mail as it is sent: plain text.
type Message struct {
	ID      tenancy.MailID // the same however often it is sent
	To      tenancy.Email
	Subject string
	Text    string
}

// compose writes a letter. The token stands in the fragment of its link, which
// browsers send to no server: neither logs nor Referer headers hold it. What
// strangers have typed is not repeated to people who have not asked for it: anybody
// could send anything to anybody by registering under a name that is a message.
func (c *Courier) compose(letter tenancy.Letter, token string, id tenancy.MailID) Message {
	subject, text := "", ""
	until := letter.ExpiresAt.UTC().Format("2 January 2006 15:04 MST")
	switch letter.Kind {
	case tenancy.MailReset:
		subject = "Set a new password"
		text = paragraphs("Somebody asks to set a new password for the account with this address. To do that, open:",
			c.PublicURL+"/auth/reset#token="+token,
			"The link works once, until "+until+". If it was not you, do nothing: your password stays as it is.")
	case tenancy.MailVerify:
		subject = "Confirm your address"
		text = paragraphs("Somebody has registered with this address. If it was you, open this link where you are signed in:",
			c.PublicURL+"/auth/verify#token="+token,
			"The link works once, until "+until+". If it was not you, do nothing: the address stays yours.")
	case tenancy.MailAccountExists:
		subject = "You have an account already"
		text = paragraphs("Somebody has tried to register with this address, which has an account. If it was you, sign in instead:",
			c.PublicURL+"/auth/login",
			"If it was not you, do nothing: nobody but you can use your account or your address.")
	case tenancy.MailPasswordChanged:
		subject = "Your password was changed"
		text = paragraphs("The password of the account with this address was changed, and its other sessions were ended.",
			"If it was not you, set a new one now:", c.PublicURL+"/auth/reset")
	case tenancy.MailInvitation:
		subject = "An invitation"
		text = paragraphs(invited(letter), c.PublicURL+"/auth/register#invitation="+token,
			"The link works once, until "+until+". If you do not know what this is about, do nothing.")
	}
	return Message{ID: id, To: letter.To, Subject: subject, Text: text}
}

func paragraphs(texts ...string) string { return strings.Join(texts, "\r\n\r\n") + "\r\n" }

// invited says who asks into what.
func invited(letter tenancy.Letter) string {
	who := "You are"
	if inviter := harmless(letter.Inviter); inviter != "" {
		who = fmt.Sprintf("%q asks you", inviter)
	} else {
		who += " asked"
	}
	if tenant := harmless(letter.Tenant); tenant != "" {
		return fmt.Sprintf("%s to join %q. To accept, open:", who, tenant)
	}
	return who + " to join a tenant. To accept, open:"
}

// harmless returns a name that people have chosen, or nothing where mail programs
// could make a link of it or it is too long for a name.
func harmless(name string) string {
	const longestName = 80
	if len(name) > longestName || strings.Contains(name, "://") || strings.Contains(name, "/") || strings.Contains(name, "@") ||
		strings.Contains(strings.ToLower(name), "www.") {
		return ""
	}
	return name
}
