# The front door to zrep. Every target installs or builds what it lacks, says so, and is quick the second
# time. Meson does the building (meson.build); tools/deps knows the packages.
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
# What make test is made of.
PARTS ?= unit model layers lab scenario matrix compat crash soak sanitize format scripts manual

CRASH_LIST = build/crash-list

.PHONY: program all help demo test test-all test-kernel test-cluster test-crash test-soak test-sanitize test-package test-matrix fuzz bench picture format deb rpm install clean

program:
	@tools/deps build
	@tools/setup build
	@ninja -C build zrep

all: program
	@tools/deps test
	@ninja -C build

help:
	@echo 'make                the program, at build/zrep (CC=clang for another compiler)'
	@echo 'make demo           see it at work, on two hosts made for it; no ZFS is needed'
	@echo 'make test           unit tests, the model, checks; of the scenarios on two such hosts and the crash tests a sample,'
	@echo '                    which it names (SEED= for the same one again, BASE= what the present change begins at;'
	@echo '                    PARTS="unit lab scenario" SAMPLE=20: only those parts, and so many scenarios)'
	@echo 'make test-all       the whole of all that, also on virtual machines; hours, most of them for the crash tests'
	@echo 'make test-kernel    some scenarios on two virtual machines with the ZFS kernel module'
	@echo 'make test-cluster   the resource agent on real Corosync and Pacemaker, as nodes on this machine (THIRD=N: a third of the'
	@echo '                    stories, another one by each number); as root'
	@echo 'make test-crash     all crash tests: killed at every ZFS call, cut at every frame (PART=3/20: a part of them;'
	@echo '                    what was run is added to CRASH_LIST=$(CRASH_LIST))'
	@echo 'make test-soak      random walks over two and three hosts for SOAK_MINUTES=60 (SEED= for the same ones again);'
	@echo '                    walks that failed are left in build/soak'
	@echo 'make test-sanitize  all scenarios with the address and undefined behaviour sanitizers'
	@echo 'make test-matrix    all scenarios on hosts of each OpenZFS that Debian has, and some between hosts of two; hours'
	@echo '                    (SAMPLE=20: of each version so many; ON="2.1 2.1:2.4": those hosts only)'
	@echo 'make test-package   the Debian package: built, then in trees of Debian 12, 13 and sid, and on two virtual machines,'
	@echo '                    installed, upgraded while pairs run, removed, purged; as root'
	@echo '                    (PACKAGE_ON="sid sid-test sid-vm": on those; tests/package/run says what they are)'
	@echo 'make fuzz           each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make bench          counts, times and memory of large syncs, and how they grow (OTHER=PROGRAM: the same against another zrep, by turns)'
	@echo 'make picture        doc/terminal.svg anew, from a real terminal'
	@echo 'make format         clang-format over the tree'
	@echo 'make deb            Debian packages of the tree as it stands, for the Debian that this is, into build/deb'
	@echo 'make rpm            an RPM of the tree as it stands, into build/rpm'
	@echo 'make install        to PREFIX=$(PREFIX), below DESTDIR if set'
	@echo 'make clean          removes what was built'

demo: program
	@tools/deps lab
	@demo/demo

test: program
	@tools/deps test
	@tools/test $(PARTS)

test-all: program
	@tools/deps test kernel
	@tools/test unit model-all layers lab scenario-all matrix-all compat sanitize-all format scripts manual kernel-all soak-all crash-all

test-kernel: program
	@tools/deps kernel
	@tools/test kernel

test-cluster: program
	@tools/deps cluster
	@tests/cluster/run $(if $(THIRD),--third $(THIRD))

test-crash: program
	@tools/deps scenario
	@tests/crash/run --all $(if $(PART),--part $(PART)) --record $(CRASH_LIST)

test-soak: program
	@tools/deps scenario
	@tools/test soak-all

test-sanitize: program
	@tools/deps test
	@tools/test sanitize-all

test-matrix: program
	@tools/deps scenario
	@tests/matrix $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),-S $(SEED)) $(ON)

PACKAGE_ON ?= bookworm trixie sid bookworm-backports-vm
test-package:
	@tools/deps deb package $(if $(filter %-vm,$(PACKAGE_ON)),kernel)
	@tools/deb
	@tests/package/run $(PACKAGE_ON)

fuzz:
	@tools/deps fuzz
	@tests/fuzz/run $(FUZZ_SECONDS)

bench: program
	@tools/deps scenario
	@$(if $(OTHER),bench/against $(OTHER),bench/bench)

picture: program
	@tools/deps picture
	@tools/picture

format:
	@tools/deps test
	@find src tests lab bench -name '*.[ch]' -exec clang-format -i {} +

deb:
	@tools/deps deb
	@tools/deb

rpm:
	@tools/deps rpm
	@tools/rpm

install: program
	@mkdir -p $(DESTDIR)$(PREFIX)/sbin && test -w $(DESTDIR)$(PREFIX)/sbin || \
		{ echo 'zrep: $(DESTDIR)$(PREFIX) wants another user: try as root, or with PREFIX= or DESTDIR='; exit 1; }
	@meson configure build -Dprefix=$(PREFIX) >/dev/null
	@said=$$(ninja -C build zrep 2>&1) || { echo "$$said"; exit 1; }
	@DESTDIR=$(DESTDIR) meson install -C build --no-rebuild --quiet

clean:
	@rm -rf build build-sanitize build-fuzz
