# bash completion of posthouse(1): verbs and options come from the program's own help.

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
	-c | --conf | -p | --password-file | -r | --rules)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	if [[ -z $verb || $verb == help ]]; then
		words=$(posthouse help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
	elif [[ $cur == -* ]]; then
		words=$(posthouse help "$verb" 2>/dev/null | sed -n 's/.*\(--[a-z-]*\).*/\1/p')
	else
		case $verb in
		conf) words="show check describe" ;;
		user) words="add rm list" ;;
		dkim) words="new list dns activate retire" ;;
		links) words="block unblock list" ;;
		keys) words="list rotate export import" ;;
		suppress) words="add rm why list import export" ;;
		*) words="" ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _posthouse posthouse
