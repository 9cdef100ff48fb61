# fish completion of posthouse(1): verbs and options come from the program's own help, names from the house that runs.

function __posthouse_verb
	set -l words (commandline -opc)
	test (count $words) -gt 1; and echo $words[2]
end

function __posthouse_verbs
	posthouse help 2>/dev/null | string replace -rf '^  ([a-z]+) +(.*)' '$1\t$2'
end

function __posthouse_options
	posthouse help (__posthouse_verb) 2>/dev/null | string replace -rf '^ .*(--[a-z-]+)(?: [A-Z]+)? +(.*)' '$1\t$2'
end

function __posthouse_names
	switch $argv[1]
	case tenant
		posthouse -j tenants 2>/dev/null | string replace -rf '.*"tenant":"([^"]*)".*' '$1'
	case site source
		posthouse -j lanes 2>/dev/null | string replace -rf '.*"'$argv[1]'":"([^"]*)".*' '$1' | sort -u
	case state
		posthouse queue --state '?' 2>&1 | string replace -rf '.* one of: ' '' | string split ', '
	end
end

function __posthouse_prev
	set -l words (commandline -opc)
	contains -- $words[-1] $argv
end

complete -c posthouse -f
complete -c posthouse -n 'test -z "$(__posthouse_verb)"; or __posthouse_prev help' -a '(__posthouse_verbs)'
complete -c posthouse -n 'test -n "$(__posthouse_verb)"; and string match -q -- "-*" (commandline -ct)' -a '(__posthouse_options)'
for option in tenant site source state
	complete -c posthouse -n "__posthouse_prev --$option" -a "(__posthouse_names $option)"
end
complete -c posthouse -n '__posthouse_prev tenants' -a 'pause release'
complete -c posthouse -n '__posthouse_prev lanes' -a 'release'
complete -c posthouse -n '__posthouse_prev log' -a 'reopen'
complete -c posthouse -n '__posthouse_prev conf' -a 'show diff check describe'
complete -c posthouse -n '__posthouse_prev user' -a 'add rm list'
complete -c posthouse -n '__posthouse_prev dkim' -a 'new list dns activate retire'
complete -c posthouse -n '__posthouse_prev links' -a 'block unblock list'
complete -c posthouse -n '__posthouse_prev keys' -a 'list rotate export import'
complete -c posthouse -n '__posthouse_prev rotate' -a 'tracking bounce'
complete -c posthouse -n '__posthouse_prev bounces' -a 'unknown rules'
complete -c posthouse -n '__posthouse_prev suppress' -a 'add rm why list import export restore'
complete -c posthouse -n '__posthouse_prev why' -a '(__posthouse_names tenant) (__posthouse_names site)'
