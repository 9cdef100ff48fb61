# The manual. posthouse.conf(5) gets its settings from the tables the daemons read.
manuals       := $(wildcard man/*.[1-9])
manuals.built := $B/man/posthouse.conf.5

all: $(manuals.built)

$B/man/posthouse.conf.5: man/posthouse.conf.5.in man/fold.awk $B/bin/posthouse
	@mkdir -p $(@D)
	$B/bin/posthouse conf describe >$@.list
	sed -e '/@SETTINGS@/{r $@.list' -e 'd;}' man/posthouse.conf.5.in | awk -f man/fold.awk >$@.new
	@rm $@.list; mv $@.new $@

# Pages find each other only where they lie together.
.PHONY: lint-manuals
lint-manuals: $(manuals) $(manuals.built)
	@mkdir -p $B/man; cp $(manuals) $B/man
	cd $B/man && mandoc -T lint *.1 *.5 *.8
