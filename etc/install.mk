# install: programs, manual, configuration, systemd unit, users and folders. DESTDIR for packagers.
# What is in SYSCONFDIR/posthouse/posthouse.conf already is never overwritten.

bin     := $(DESTDIR)$(PREFIX)/bin
sbin    := $(DESTDIR)$(PREFIX)/sbin
libexec := $(DESTDIR)$(PREFIX)/libexec/posthouse
share   := $(DESTDIR)$(PREFIX)/share
conf    := $(DESTDIR)$(SYSCONFDIR)/posthouse
roles    = $(filter-out posthoused posthouse,$(programs))
pages    = $(wildcard man/*.[1578]) $(manuals.built)
proxies  = $(wildcard etc/proxies/*)

# The folders of the shipped files, as chosen here.
placed := sed -e 's,/usr/local/,$(PREFIX)/,g' -e 's,/etc/posthouse,$(SYSCONFDIR)/posthouse,g'

install:
	@tests/deps.sh build
	$(call quietly,Building what is not built yet into $B) $(programs:%=$B/bin/%) $(manuals.built)
	install -d $(bin) $(sbin) $(libexec) $(share)/posthouse $(conf)/conf.d
	install -m 755 $B/bin/posthoused $(sbin)/posthoused
	install -m 755 $B/bin/posthouse $(bin)/posthouse
	for l in $(links.bin); do ln -sf posthouse $(bin)/$$l || exit 1; done
	install -m 755 $(roles:%=$B/bin/%) $(libexec)
	for p in $(pages); do \
	    to=$(share)/man/man$${p##*.}; install -d $$to && $(placed) $$p > $$to/$${p##*/} || exit 1; done
	for l in $(manuals.links); do ln -sf $${l#*:} $(share)/man/man$${l##*.}/$${l%:*} || exit 1; done
	install -m 644 etc/posthouse.conf etc/bounces.conf etc/visitors.conf $(share)/posthouse
	install -d $(share)/doc/posthouse/proxies
	install -m 644 $(proxies) $(share)/doc/posthouse/proxies
	install -D -m 644 etc/completion/posthouse.bash $(share)/bash-completion/completions/posthouse
	install -D -m 644 etc/completion/_posthouse $(share)/zsh/site-functions/_posthouse
	install -D -m 644 etc/completion/posthouse.fish $(share)/fish/vendor_completions.d/posthouse.fish
	test -e $(conf)/posthouse.conf || install -m 644 etc/posthouse.conf $(conf)/posthouse.conf
	install -m 644 etc/conf.d/README $(conf)/conf.d/README
	install -d $(DESTDIR)$(SYSTEMD) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	$(placed) etc/posthouse.service > $(DESTDIR)$(SYSTEMD)/posthouse.service
	$B/bin/posthoused -G sysusers > $(DESTDIR)$(PREFIX)/lib/sysusers.d/posthouse.conf
	$B/bin/posthoused -G tmpfiles > $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/posthouse.conf
	install -d $(DESTDIR)$(SYSCONFDIR)/logrotate.d
	$(placed) etc/posthouse.logrotate > $(DESTDIR)$(SYSCONFDIR)/logrotate.d/posthouse
	@B=$B SYSCONFDIR='$(SYSCONFDIR)' etc/sendmail-place '$(DESTDIR)' '$(PREFIX)/bin'
	@echo "Next: posthouse setup, an eye on $(SYSCONFDIR)/posthouse/posthouse.conf, then posthouse start"
	@echo "(or: systemctl daemon-reload && systemctl enable --now posthouse)"

# Configuration, keys, mail and events stay.
uninstall:
	@etc/sendmail-place -r '$(DESTDIR)' '$(PREFIX)/bin'
	rm -f $(sbin)/posthoused $(bin)/posthouse $(links.bin:%=$(bin)/%)
	rm -f $(roles:%=$(libexec)/%)
	-rmdir $(libexec)
	for p in $(pages); do rm -f $(share)/man/man$${p##*.}/$${p##*/}; done
	for l in $(manuals.links); do rm -f $(share)/man/man$${l##*.}/$${l%:*}; done
	rm -f $(share)/bash-completion/completions/posthouse $(share)/zsh/site-functions/_posthouse
	rm -f $(share)/fish/vendor_completions.d/posthouse.fish
	rm -rf $(share)/posthouse $(share)/doc/posthouse
	rm -f $(DESTDIR)$(SYSTEMD)/posthouse.service $(DESTDIR)$(SYSCONFDIR)/logrotate.d/posthouse
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/posthouse.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/posthouse.conf
