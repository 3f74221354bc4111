// Package icons names the line icons pages may use. The list is closed so that the build embeds these few
// and not the whole set; a test in web/view fails when a template names another one.
package icons

import (
	"strings"
)

// names are lucide icon names.
const names = `arrow-left arrow-right badge-check bell book-open building-2 calendar chart-column check
chevron-down chevron-right circle-alert circle-check circle-help clipboard-check clock columns-3 copy download external-link
eye file-check file-plus file-search file-text files filter folder handshake hash history house inbox info key landmark
lightbulb link list lock log-in log-out mail map map-pin megaphone menu message-square minus network pencil
phone plus printer qr-code refresh-cw save scale search search-x send settings shield-check sliders-horizontal
square-pen stamp star trash-2 triangle-alert undo-2 upload user user-plus users wifi-off x`

// Names lists every icon the build embeds.
func Names() []string { return strings.Fields(names) }
