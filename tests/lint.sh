#!/bin/bash
# lint.sh: everything that can be said about the sources without running them. All of it, then the exit code.
# shellcheck disable=SC2317 # functions are called by part
set -u
failed=0

part() { # NAME COMMAND ...
	local name=$1
	shift
	if "$@"; then echo "lint: $name: clean"; else
		echo "lint: $name: see above" >&2
		failed=1
	fi
}

mapfile -t sources < <(git ls-files '*.c')
mapfile -t headers < <(git ls-files '*.h')
mapfile -t pages < <(git ls-files 'man/*.[1-9]')
mapfile -t scripts < <(git ls-files | while read -r f; do
	head -n 1 "$f" | grep -qE '^#!/bin/(ba)?sh' && echo "$f"
	[[ $f == *.sh ]] && echo "$f"
done | sort -u)

tidy() {
	printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 8 clang-tidy --quiet --warnings-as-errors='*' 2> /dev/null \
	    -- -std=gnu11 -D_GNU_SOURCE -Icommon
}

pages_lint() {
	[ ${#pages[@]} = 0 ] || mandoc -T lint -W warning "${pages[@]}"
}

no_workplace() { # what only one machine has does not belong here
	! git grep -nE '(^|[^a-z])/(work|tmp/wt)/' -- ':!tests/lint.sh'
}

part clang-format clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}"
part cppcheck cppcheck -q -j "$(nproc)" --error-exitcode=1 --enable=warning,portability --std=c11 -D_GNU_SOURCE -Icommon \
    '-DSTAILQ_HEAD(n,t)=struct{struct t *f;}' '-DTAILQ_HEAD(n,t)=struct{struct t *f;}' --inline-suppr \
    --suppress=missingIncludeSystem --suppress=funcArgOrderDifferent "${sources[@]}"
part mandoc pages_lint
part shellcheck shellcheck -x "${scripts[@]}"
part paths no_workplace
[ -n "${LINT_NO_TIDY:-}" ] || part clang-tidy tidy
exit $failed
