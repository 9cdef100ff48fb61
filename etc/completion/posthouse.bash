# bash completion of posthouse(1): verbs and options come from the program's own help, names from the house that runs.

_posthouse_names()
{
	case $1 in
	--tenant | -t) posthouse -j tenants 2>/dev/null | sed -n 's/.*"tenant":"\([^"]*\)".*/\1/p' ;;
	--site | -s) posthouse -j lanes 2>/dev/null | sed -n 's/.*"site":"\([^"]*\)".*/\1/p' | sort -u ;;
	--source) posthouse -j lanes 2>/dev/null | sed -n 's/.*"source":"\([^"]*\)".*/\1/p' | sort -u ;;
	--state) posthouse queue --state '?' 2>&1 | sed -n 's/.* one of: //p' | tr -d , ;;
	esac
}

_posthouse()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb="" i words

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]}; break ;;
		esac
	done
	case $prev in
	-c | --conf | -p | --password-file | --rules | --key)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--tenant | -t | --site | --source | --state)
		mapfile -t COMPREPLY < <(compgen -W "$(_posthouse_names "$prev")" -- "$cur")
		return
		;;
	esac
	if [[ -z $verb || $prev == help ]]; then
		words=$(posthouse help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
	elif [[ $cur == -* ]]; then
		words=$(posthouse help "$verb" 2>/dev/null | sed -n 's/^ .*\(--[a-z-]*\).*/\1/p')
	else
		case $verb/$prev in
		conf/conf) words="show diff check describe" ;;
		log/log) words="reopen" ;;
		user/user) words="add rm list" ;;
		dkim/dkim) words="new list dns activate retire" ;;
		links/links) words="block unblock list" ;;
		keys/keys) words="list rotate export import" ;;
		keys/rotate) words="tracking bounce" ;;
		lanes/lanes) words="release" ;;
		lanes/release) words=$(_posthouse_names --site) ;;
		tenants/tenants) words="pause release" ;;
		tenants/pause | tenants/release) words=$(_posthouse_names --tenant) ;;
		why/why) words="$(_posthouse_names --tenant) $(_posthouse_names --site)" ;;
		bounces/bounces) words="unknown rules" ;;
		suppress/suppress) words="add rm why list import export restore" ;;
		keys/import | keys/export | suppress/import | parse/parse | rewrite/rewrite)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		*) words="" ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _posthouse posthouse
