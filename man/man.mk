# The manual. posthouse.conf(5) gets its settings from the tables the daemons read.
manuals       := $(wildcard man/*.[1-9])
manuals.built := $B/man/posthouse.conf.5
# Programs that stand in another's page, as NAME.S:PAGE.S.
manuals.links := smtpd-auth.8:smtpd.8 deliverd-resolve.8:deliverd.8 bouncd-parse.8:bouncd.8 \
		 $(patsubst %,trackd-%.8:trackd.8,rewrite sign web stats) newaliases.1:sendmail.1

all: $(manuals.built)

$B/man/posthouse.conf.5: man/posthouse.conf.5.in man/fold.awk $B/bin/posthouse
	@mkdir -p $(@D)
	$B/bin/posthouse conf describe >$@.list
	sed -e '/@SETTINGS@/{r $@.list' -e 'd;}' man/posthouse.conf.5.in | awk -f man/fold.awk >$@.new
	@rm $@.list; mv $@.new $@

# Pages find each other only where they lie together. Each program needs one.
.PHONY: lint-manuals
lint-manuals: $(manuals) $(manuals.built)
	@mkdir -p $B/man; cp $(manuals) $B/man
	@for l in $(manuals.links); do ln -sf $${l#*:} $B/man/$${l%:*}; done
	@for p in $(programs) $(links.bin); do \
	    grep -qsE "^\.Nm $$p( |$$)" $B/man/$$p.[18] || { echo "$$p: no manual"; exit 1; }; done
	cd $B/man && mandoc -T lint $(notdir $(manuals) $(manuals.built))
