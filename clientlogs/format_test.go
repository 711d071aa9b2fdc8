package clientlogs

import (
	"fmt"
	"strings"
)

// format prints a record as the broker of a dialect would: the reverse of Parse.
func format(r Record, d dialect) (line string, level byte) {
	printed := r.Protocol
	if d == dialect20 && printed < 5 {
		printed -= 2
	}
	who := fmt.Sprintf("%s:%d", r.Address, r.Port)
	switch r.Kind {
	case NewConnection:
		return fmt.Sprintf("New connection from %s on port %d.", who, r.ListenerPort), 'N'
	case ClientConnected:
		kind, user := "client", ""
		if r.Bridge {
			kind = "bridge"
		}
		if r.HasUser {
			user = fmt.Sprintf(", u'%s'", r.Username)
		}
		return fmt.Sprintf("New %s connected from %s as %s (p%d, c%d, k%d%s).", kind, who, r.ClientID, printed,
			number01(r.CleanStart), r.Keepalive, user), 'N'
	case ClientLeft:
		return formatLeft(r, d, who), 'N'
	case TakenOver:
		if d == dialect20 {
			return fmt.Sprintf("Client %s already connected, closing old connection.", r.ClientID), 'E'
		}
		return fmt.Sprintf("Client %s [%s] disconnected: session taken over.", r.ClientID, who), 'N'
	case ConnackSent:
		return fmt.Sprintf("Sending CONNACK to %s (%d, %d)", r.ClientID, number01(r.SessionPresent), r.Code), 'D'
	case SessionExpired:
		return fmt.Sprintf("Expiring client %s due to timeout.", r.ClientID), 'N'
	case MessagesDropped:
		return fmt.Sprintf("Outgoing messages are being dropped for client %s.", r.ClientID), 'N'
	case Subscribing:
		return fmt.Sprintf("Received SUBSCRIBE from %s", r.ClientID), 'D'
	case Unsubscribing:
		return fmt.Sprintf("Received UNSUBSCRIBE from %s", r.ClientID), 'D'
	case WillSpecified:
		return fmt.Sprintf("Will message specified (%d bytes) (r%d, q%d).", r.Size, number01(r.Retain), r.QoS), 'D'
	case ContinuationLine:
		switch {
		case r.DeniedFilter:
			return fmt.Sprintf("\t%s (denied)", r.Topic), 'D'
		case r.HasQoS:
			return fmt.Sprintf("\t%s (QoS %d)", r.Topic, r.QoS), 'D'
		}
		return fmt.Sprintf("\t%s", r.Topic), 'D'
	case Subscribed:
		return fmt.Sprintf("%s %d %s", r.ClientID, r.GrantedQoS, r.Topic), 'S'
	case Unsubscribed:
		return fmt.Sprintf("%s %s", r.ClientID, r.Topic), 'U'
	case PublishReceived, PublishSent, PublishDenied:
		return formatPublish(r), 'D'
	case ControlCommand:
		return fmt.Sprintf("dynsec: %s/%s | %s | %s", r.ClientID, r.Username, r.Command, r.Text), 'I'
	case TLSNegotiated:
		return fmt.Sprintf("Client %s negotiated %s", r.ClientID, r.Text), 'N'
	}
	panic("no such line")
}

func formatLeft(r Record, d dialect, who string) string {
	if d == dialect20 {
		return fmt.Sprintf("Client %s %s", r.ClientID, r.Text)
	}
	switch {
	case len(r.Text) == 0:
		return fmt.Sprintf("Client %s [%s] disconnected.", r.ClientID, who)
	case strings.HasPrefix(string(r.Text), "bad socket read/write: "):
		return fmt.Sprintf("Client %s [%s] disconnected: %s", r.ClientID, who, r.Text)
	}
	return fmt.Sprintf("Client %s [%s] disconnected: %s.", r.ClientID, who, r.Text)
}

func formatPublish(r Record) string {
	head := map[RecordKind]string{PublishReceived: "Received PUBLISH from", PublishSent: "Sending PUBLISH to"}[r.Kind]
	switch {
	case r.Kind != PublishDenied:
	case r.ToClient:
		return fmt.Sprintf("Denied PUBLISH to %s (q%d, r%d, '%s', ... (%d bytes))", r.ClientID, r.QoS, number01(r.Retain),
			r.Topic, r.Size)
	case r.Reason == DeniedTooLarge:
		head = "Dropped too large PUBLISH from"
	default:
		head = "Denied PUBLISH from"
	}
	return fmt.Sprintf("%s %s (d%d, q%d, r%d, m%d, '%s', ... (%d bytes))", head, r.ClientID, number01(r.Dup), r.QoS,
		number01(r.Retain), r.MessageID, r.Topic, r.Size)
}

func number01(b bool) int {
	if b {
		return 1
	}
	return 0
}
