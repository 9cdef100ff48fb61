# Breaks text lines of a manual that are longer than 80 bytes; leaves macros and literal displays as they are.
/^\.Bd -literal/ { literal = 1 }
/^\.Ed/          { literal = 0 }
/^\./ || literal || length($0) <= 80 { print; next }
{
	line = $1
	for (i = 2; i <= NF; i++)
		if (length(line) + 1 + length($i) > 80) {
			print line
			line = ($i ~ /^[.']/ ? "\\&" : "") $i
		} else
			line = line " " $i
	print line
}
