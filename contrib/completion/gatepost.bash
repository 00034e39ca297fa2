# gatepost.bash -- completion of gatepost(1) and gatepostd(8) for bash
#
# To be installed as gatepost and gatepostd in
# /usr/share/bash-completion/completions, or read by ~/.bashrc.
#
# To add a command: a line in the table, as `gatepost --help` prints it: noun
# and verb (or "-"), then its options and words.

_gatepost_table()
{
	cat <<'TABLE'
check - --lists --postfix --settings
try - --from --rcpt --ip --helo --old-results
why - --rcpt
trace - --from --envelope --rcpt --url --file --ip --domain --action --since --most
policy - --tenant
mode - observe tag enforce --tenant
stats - --would --since
status -
list show --tenant --kind --action --observed --feeds
list expiring --tenant --within
list unbrake
list add --tenant --dry-run
list remove --tenant
list find --tenant --rcpt --proven --unproven
list audit --tenant --audit
list import --tenant --format --kind --strict --dry-run
list export --tenant --format
list compile --state-dir
quarantine list --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --by --sort --reverse --most --after --format
quarantine show
quarantine preview --html --raw
quarantine release --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --to --report --allow --expires --reason --by --as-user --dry-run
quarantine request --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --reason --by --as-user --dry-run
quarantine approve --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --reason --by --as-user --dry-run
quarantine deny --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --reason --by --as-user --dry-run
quarantine delete --tenant --rcpt --from --subject --message-id --policy --category --entry --state --since --until --expiring --reason --by --as-user --dry-run
quarantine export --reason --password-stdin
quarantine reindex
outbox list
outbox send
outbox delete
candidate list --tenant --state --each --since --most --csv
candidate show --tenant
candidate dismiss --tenant --alone
candidate submit --as --rcpt --tenant --block --allow --expires --note
report list --tenant --since --sender --reporter --reason --result --state --marked --via --drill --converted --unverified --group-by --most --csv
report show
report mark --no-notice --note
report submit --as --block --allow --expires --note
report add --as --user --tenant
report drill --campaign --tenant --expires
submit - --as --rcpt --tenant --file --block --allow --expires --note
submission list --tenant --status --result --as --kind --from --rcpt --by --source --message --disputed --since --group-by --most --after --csv
submission show --tenant --sent
submission resolve --note
submission dispute --wrong --note
drain - --analyst --once
user show --tenant --exact --list --after --most
user safe --tenant --exact --remove --note
user block --tenant --exact --remove --note
user import --as --tenant --exact --strict --note
user forget --yes
user list --tenant --after --most
user set --tenant --exact
user map --tenant
spoof list --tenant --since --most
spoof allow --tenant --dry-run
spoof block --tenant --dry-run
digest - --tenant --user --now --dry-run
key rotate
sweep -
TABLE
}

# What may follow an option, and what follows a command by its place.
_gatepost_kinds='sender envelope name ip url file filename spoof'

_gatepost_value()
{
	case $1 in
	--tenant)
		_gatepost_tenants
		;;
	--kind)
		echo "$_gatepost_kinds"
		;;
	--action)
		if [[ $2 == list ]]; then
			echo 'block allow observe'
		else
			echo 'deliver tag junk quarantine reject discard'
		fi
		;;
	--audit)
		echo 'contradictory unproven wide braked expired duplicate' \
		    'shadowed unused endless'
		;;
	--format)
		echo 'list csv json'
		;;
	--list | --as)
		echo 'safe block'
		;;
	--state)
		echo 'held requested approved denied released deleted' \
		    'expired'
		;;
	--sort)
		echo 'received expires sender subject size'
		;;
	--policy)
		_gatepost_policies
		;;
	--allow)
		echo 'sender url file spoof'
		;;
	--category)
		echo 'clean bulk spam impersonation spoof phish malware unknown'
		;;
	--since | --until | --expiring | --expires)
		echo '1h 1d 7d 30d'
		;;
	esac
}

# What the configuration of the line, or the default one, has.
_gatepost_ask()
{
	local -a config=()
	local i

	for ((i = 1; i + 1 < ${#COMP_WORDS[@]}; i++)); do
		[[ ${COMP_WORDS[i]} == -c ]] && config=(-c "${COMP_WORDS[i+1]}")
	done
	command "${COMP_WORDS[0]}" "${config[@]}" "$@" 2>/dev/null
}

_gatepost_tenants()
{
	_gatepost_ask check |
	    sed -n 's/^tenants\[[0-9]*\]\.name = "\(.*\)";$/\1/p'
}

# The reasons for which mail is held.
_gatepost_policies()
{
	_gatepost_ask policy 2>/dev/null |
	    sed -n 's/^  \([a-z_]*\)  *[0-9]* days  .*/\1/p'
}

# Of many entries a key is no help, and takes time.
_gatepost_keys()
{
	local -a tenant=()
	local i

	for ((i = 1; i + 1 < ${#COMP_WORDS[@]}; i++)); do
		[[ ${COMP_WORDS[i]} == --tenant ]] &&
		    tenant=(--tenant "${COMP_WORDS[i+1]}")
	done
	_gatepost_ask list show "${tenant[@]}" |
	    sed -n '2,501s/^\([0-9A-Z]\{13\}\) .*/\1/p'
}

_gatepost_word()
{
	case $1 in
	list.remove.0)
		echo 'block allow observe' "$(_gatepost_keys)"
		;;
	list.unbrake.0)
		_gatepost_keys
		;;
	list.add.0)
		echo 'block allow observe'
		;;
	list.add.1 | list.remove.1 | list.find.*)
		echo "$_gatepost_kinds"
		;;
	user.set.[1-9])
		echo 'language=en language=fr language=de language=default' \
		    'digest=never digest=4h digest=day digest=week' \
		    'digest=default'
		;;
	list.add.* | spoof.allow.[2-9]* | spoof.block.[2-9]*)
		echo 'expires= for= as= action= proof= override= except=' \
		    'note= wide=yes'
		;;
	esac
}

_gatepost()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local noun="" verb="" words="" options value i
	local -i place=0

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --from | --envelope | --rcpt | --url | --file | --ip | \
		    --domain | --action | --since | --most | --tenant | \
		    --kind | --audit | --format | --within | --state | --entry | --helo | --postfix | \
		    --list | --as | --after | --note)
			((i++))
			;;
		-*)
			;;
		*)
			if [[ -z $noun ]]; then
				noun=${COMP_WORDS[i]}
				verb=$(_gatepost_table | while read -r n v _; do
					[[ $n == "$noun" ]] && echo "$v" && break
				done)
				[[ $verb == - ]] || verb=
			elif [[ -z $verb ]]; then
				verb=${COMP_WORDS[i]}
			else
				((place++))
			fi
			;;
		esac
	done
	if [[ $prev == -c ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	if [[ $prev == --postfix ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
	fi
	value=$(_gatepost_value "$prev" "$noun")
	if [[ -n $value ]]; then
		words=$value
	elif [[ -z $noun ]]; then
		words="-c --json --help --version $(_gatepost_table |
		    cut -d' ' -f1 | sort -u)"
	elif [[ -z $verb ]]; then
		words=$(_gatepost_table | while read -r n v _; do
			[[ $n == "$noun" ]] && echo "$v"
		done)
	else
		options=$(_gatepost_table | while read -r n v rest; do
			[[ $n == "$noun" && $v == "$verb" ]] && echo "$rest"
		done)
		words="$options $(_gatepost_word "$noun.$verb.$place")"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	if [[ $noun.$verb == @(try.|user.import) && ${#COMPREPLY[@]} -eq 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
	# A value follows "expires=" without a blank.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] &&
	    compopt -o nospace 2>/dev/null
	return 0
}

_gatepostd()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}

	case $prev in
	-c | -P)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '-c -f -t -V -P' -- "$cur")
		;;
	esac
}

complete -F _gatepost gatepost
complete -o filenames -F _gatepostd gatepostd
