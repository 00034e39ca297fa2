#!/usr/bin/perl
#
# 810-user-command.t -- gatepost user: lists of users by the command, imports,
# paging, concurrent edits; and where an address leads, by every kind of map

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use utf8;

my $site = Gatepost::Test->new(tenant => {
	domains => [ 'example.org', 'bücher.example' ],
	users => { map => 'file:@DIR@/users', login_map => 'file:@DIR@/logins',
	    owners => 'file:@DIR@/owners' } });
my $dir = $site->dir;

Gatepost::Test::write_file("$dir/users", <<'END');
# aliases, as virtual(5)
Robert@Example.ORG      bob@example.org
info@example.org        bob@example.org,
    carol@example.org
nested@example.org      info@example.org dan@example.org
loop1@example.org       loop2@example.org
loop2@example.org       loop1@example.org
self@example.org        self@example.org, dan@example.org
team+x@example.org      carol@example.org
short@example.org       bob
pipe@example.org        |/bin/program
@bücher.example         bob@example.org
END
Gatepost::Test::write_file("$dir/logins",
    "bobby bob\@example.org\nboss carol\@example.org dan\@example.org\n");
Gatepost::Test::write_file("$dir/owners",
    "info\@example.org carol\@example.org\n");

sub run { return $site->gatepost('user', @_) }

sub values_of {
	my ($user, @more) = @_;

	return map { "$_->{list} $_->{value}" }
	    @{$site->json('user', 'show', $user, @more)->{entries}};
}

# --- where an address leads -----------------------------------------------

foreach my $case (
    [ 'bob@example.org', [ 'bob@example.org' ], 'no alias: itself' ],
    [ 'BOB@Example.Org', [ 'bob@example.org' ], '... in any case' ],
    [ 'bob+shop@example.org', [ 'bob@example.org' ], 'an extension' ],
    [ 'robert@example.org', [ 'bob@example.org' ], 'an alias' ],
    [ 'robert+a@example.org', [ 'bob@example.org' ],
	'... with an extension' ],
    [ 'team+x@example.org', [ 'carol@example.org' ],
	'an extension that stands in the map' ],
    [ 'team+y@example.org', [ 'team@example.org' ], '... another not' ],
    [ 'info@example.org', [ 'bob@example.org', 'carol@example.org' ],
	'an alias of two, over two lines' ],
    [ 'nested@example.org', [ 'bob@example.org', 'carol@example.org',
	'dan@example.org' ], 'an alias of an alias' ],
    [ 'self@example.org', [ 'self@example.org', 'dan@example.org' ],
	'an alias that names itself is a mailbox' ],
    [ 'short@example.org', [ 'bob@example.org' ],
	'a value without a domain is of the same' ],
    [ 'anyone@bücher.example', [ 'bob@example.org' ], 'a catch-all' ],
    [ 'anyone@xn--bcher-kva.example', [ 'bob@example.org' ],
	'... by its A-label' ],
    [ 'köln+x@example.org', [ 'köln@example.org' ], 'an EAI address' ],
    [ 'bobby', [ 'bob@example.org' ], 'a login' ],
    [ 'Boss', [ 'carol@example.org', 'dan@example.org' ],
	'a login with two addresses' ]) {
	my ($key, $want, $what) = @$case;

	utf8::encode(my $octets = $key);
	is_deeply($site->json('user', 'map', $octets,
	    $key =~ /@/ ? () : ())->{mailboxes}, $want, $what);
}
is($site->json('user', 'map', 'info@example.org')->{owner},
    'carol@example.org', 'an alias of two has its named owner');
is($site->json('user', 'map', 'nested@example.org')->{owner},
    'bob@example.org', '... or else the first');
like(run('map', 'robert+a@example.org')->{out},
    qr/without its extension in file:.*: bob\@example\.org/,
    'each step is said');
my $loop = run('map', 'loop1@example.org');
is($loop->{code}, 75, 'a loop is no answer');
like($loop->{err}, qr/leads to itself: loop1\S+ -> loop2\S+ -> loop1/,
    '... and is drawn');
like(run('map', 'pipe@example.org')->{err}, qr/which is no address/,
    'a program is no mailbox');
is(run('map', 'nobody')->{code}, 67, 'an unknown login: exit 67');
is(run('map', 'x@foreign.example', '--tenant', 'none')->{code}, 64,
    'no such tenant: exit 64');
is(run('map', "a\@b\@\x01")->{code}, 64, 'no address: exit 64');
Gatepost::Test::write_file("$dir/users", join('',
    map { "c$_\@example.org c" . ($_ + 1) . "\@example.org\n" } 1 .. 40));
is_deeply($site->json('user', 'map', 'c22@example.org')->{mailboxes},
    [ 'c41@example.org' ], '19 rounds are followed');
like(run('map', 'c1@example.org')->{err}, qr/20 rounds/, '... 40 are not');
Gatepost::Test::write_file("$dir/users", 'all@example.org ' .
    join(', ', map { "m$_" } 1 .. 100) . "\n");
my $many = $site->json('user', 'map', 'all@example.org');
is(scalar @{$many->{mailboxes}}, 32, 'an alias of 100 names 32');
ok($many->{more_mailboxes}, '... and says that there are more');

# --- commands as maps -----------------------------------------------------

sub with_map {
	my ($map) = @_;

	$site->write_config(tenants => [ { name => 'example',
	    domains => [ 'example.org' ], lists => [],
	    users => { map => $map, timeout => 300 } } ]);
}

Gatepost::Test::write_file("$dir/find", "#!/bin/sh\n" .
    "case \$1 in\n" .
    "a\@*) printf 'b\@example.org\\nc\@example.org\\n' ;;\n" .
    "fail\@*) exit 3 ;;\n" .
    "hang\@*) sleep 600 & wait ;;\n" .
    "env\@*) ls /proc/self/fd | wc -l >$dir/state/fds; exit 1 ;;\n" .
    "*) exit 1 ;;\nesac\n");
chmod(0755, "$dir/find");
with_map("command:$dir/find");
is_deeply($site->json('user', 'map', 'a@example.org')->{mailboxes},
    [ 'b@example.org', 'c@example.org' ], 'a command prints the values');
is_deeply($site->json('user', 'map', 'x@example.org')->{mailboxes},
    [ 'x@example.org' ], '... exit 1 is "not found"');
is(run('map', 'fail@example.org')->{code}, 75, '... exit 3 is a failure');
my $hang = run('map', 'hang@example.org');
is($hang->{code}, 75, 'a command that hangs is a failure');
like($hang->{err}, qr/did not end in time/, '... which is said');
is(scalar(grep { (Gatepost::Test::read_file("/proc/$_/cmdline") || '') =~
    /\Q$dir\E\/find/ } map { m{(\d+)/} } glob('/proc/[0-9]*/cmdline')), 0,
    '... and it is gone');
is(run('map', '-x@example.org')->{code}, 75,
    'what would be an option is not handed to it');
is_deeply($site->json('user', 'map', q{"a';touch x"@example.org})
    ->{mailboxes}, [ q{"a';touch x"@example.org} ], 'there is no shell');
with_map("command:$dir/find %s extra");
is_deeply($site->json('user', 'map', 'a@example.org')->{mailboxes},
    [ 'b@example.org', 'c@example.org' ], 'the key stands where %s does');
foreach my $bad ([ 'hash:/etc/aliases', qr/no such kind of map/ ],
    [ 'file:users', qr/must be absolute/ ],
    [ 'socketmap:unix:/x', qr{write socketmap:unix:/PATH:NAME} ],
    [ 'socketmap:inet:localhost:x', qr/HOST:PORT:NAME/ ],
    [ 'command:find', qr/must be absolute/ ]) {
	with_map($bad->[0]);
	my $check = $site->gatepost('check');

	is($check->{code}, 78, "$bad->[0]: exit 78");
	like($check->{err}, $bad->[1], '... and what is right');
}
with_map("file:$dir/users");

# --- safe, block, show, list ----------------------------------------------

my $made = run('safe', 'bob+x@example.org', 'Friend@GOOD.example',
    'Jane <jane@good.example>', '@other.example', '*.Wide.example',
    '--note', 'from the helpdesk');
is($made->{code}, 0, 'user safe') or diag($made->{err});
is_deeply([ values_of('bob@example.org') ], [ 'safe *.wide.example',
    'safe friend@good.example', 'safe jane@good.example',
    'safe other.example' ], '... in normal form, under the mailbox');
my ($entry) = @{$site->json('user', 'show', 'bob@example.org')->{entries}};
like($entry->{added}, qr/^20\d\d-.*Z$/, '... with when');
is($entry->{how}, 'command', '... by what');
is($entry->{note}, 'from the helpdesk', '... and why');
my $again = $site->json('user', 'safe', 'bob@example.org',
    'other.example');
is($again->{items}[0]{done}, 'kept', 'the same again changes nothing');
my $moved = $site->json('user', 'block', 'bob@example.org',
    'other.example');
is($moved->{items}[0]{done}, 'moved', 'a value stands on one list');
is_deeply([ values_of('bob@example.org', '--list', 'block') ],
    [ 'block other.example' ], '... the new one');
my $refused = run('block', 'bob@example.org', 'fine.example', 'co.uk',
    'not an address', '/regex/', '192.0.2.1');
is($refused->{code}, 65, 'bad senders: exit 65');
like($refused->{err}, qr/refused "$_->[0]": .*$_->[1]/,
    "... $_->[0] is explained")
    for [ 'co\.uk', 'public suffix' ], [ 'not an address', 'no domain' ],
    [ '/regex/', 'no regular expression' ], [ '192\.0\.2\.1', 'IP address' ];
ok(!grep({ /fine\.example/ } values_of('bob@example.org')),
    '... and the good one among them is not taken either');
is(run('block', 'bob@example.org', 'other.example', '--remove')->{code}, 0,
    '--remove');
is(run('block', 'bob@example.org', 'other.example', '--remove')->{code}, 66,
    '... of what is not there: exit 66');
is(run('safe', 'all@example.org', 'x.example')->{code}, 65,
    'an alias of several has no lists');
is(run('safe', 'bob@example.org')->{code}, 64, 'no sender: exit 64');
run('block', 'carol@example.org', 'one.example', 'two.example');
is_deeply($site->json('user', 'list')->{users}, [
    { user => 'bob@example.org', tenant => 'example', safe => 3,
      block => 0 },
    { user => 'carol@example.org', tenant => 'example', safe => 0,
      block => 2 } ], 'user list counts');
my $page = $site->json('user', 'list', '--most', '1');
is($page->{next}, 'bob@example.org', '... in pages');
is_deeply([ map { $_->{user} } @{$site->json('user', 'list', '--after',
    $page->{next})->{users}} ], [ 'carol@example.org' ], '... the next');
is_deeply([ values_of('nobody@example.org') ], [],
    'a user without lists has empty ones');

# --- import ---------------------------------------------------------------

my $file = "$dir/import";
Gatepost::Test::write_file($file, "\xef\xbb\xbf# my contacts\n\n" .
    "a\@in.example\r\nA\@IN.example  # twice\n\@whole.example\nbad line\n" .
    "com\n<b\@in.example>\n");
my $strict = run('import', 'dan@example.org', $file, '--as', 'safe',
    '--strict');
is($strict->{code}, 65, 'import --strict of bad lines: exit 65');
like($strict->{err}, qr/import:6: refused "bad line"/, '... with the line');
is_deeply([ values_of('dan@example.org') ], [], '... and takes none');
my $import = run('import', 'dan@example.org', $file, '--as', 'safe');
is($import->{code}, 65, 'import of bad lines: exit 65');
is_deeply([ values_of('dan@example.org') ], [ 'safe a@in.example',
    'safe b@in.example', 'safe whole.example' ], '... and takes the others');
like($import->{out}, qr/:5: added safe whole\.example \(written \@whole/,
    '... says what was changed');
like($import->{err}, qr/import:7: refused "com"/, '... and refused');
like($import->{out}, qr/2 refused$/, '... with a sum');
is(run('import', 'dan@example.org', "$dir/none", '--as', 'safe')->{code}, 66,
    'no such file: exit 66');
is(run('import', 'dan@example.org', $file)->{code}, 64,
    'which list must be said');
my $stdin = $site->gatepost({ stdin => "p\@pipe.example\n" }, 'user',
    'import', 'erin@example.org', '-', '--as', 'block');
is($stdin->{code}, 0, 'standard input') or diag($stdin->{err});
is_deeply([ values_of('erin@example.org') ], [ 'block p@pipe.example' ],
    '... is read as a file');

Gatepost::Test::write_file($file,
    join('', map { sprintf("s%05d\@big.example\n", $_) } 1 .. 50_000));
is(run('import', 'big@example.org', $file, '--as', 'block')->{code}, 0,
    '50,000 senders are imported');
is($site->json('user', 'list', '--after', 'bb')->{users}[0]{block}, 50_000,
    '... all of them');
my ($after, $got) = ('', 0);
while (defined $after) {
	my $part = $site->json('user', 'show', 'big@example.org', '--most',
	    20_000, '--after', $after);

	$got += @{$part->{entries}};
	$after = $part->{next};
}
is($got, 50_000, '... and shown in pages');
is(scalar(values_of('big@example.org')), 50_000, '... or at once');

# --- two at once ----------------------------------------------------------

my @children;
foreach my $child (1 .. 2) {
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		my $bad = 0;

		open(STDOUT, q(>), q(/dev/null));

		foreach my $n (1 .. 15) {
			$bad++ if system(Gatepost::Test::program('gatepost'),
			    '-c', $site->config_file, '--json', 'user',
			    'block', 'both@example.org',
			    "n$n.c$child.example", "shared$n.example") != 0;
		}
		POSIX::_exit($bad);
	}
	push(@children, $pid);
}
foreach my $pid (@children) {
	waitpid($pid, 0);
	is($? >> 8, 0, 'one of two that edit at once');
}
is(scalar(values_of('both@example.org')), 45, '... and nothing is lost');

# --- a store of the version before ----------------------------------------

my $sqlite = Gatepost::Test::installed('sqlite3');
SKIP: {
	skip('sqlite3 is not installed', 5) unless $sqlite;
	my $db = $site->state_dir . '/state.db';
	my $eml = "$dir/try.eml";
	my @up;

	# What steps 3 to 9 made is taken away again.
	$site->run($sqlite, $db, 'DROP TABLE user_entry; DROP TABLE audit; ' .
	    'DROP TABLE user_choice; DROP TABLE token_used; ' .
	    'DROP TABLE held_text; DROP TABLE submission; ' .
	    'DROP TABLE report; DROP TABLE report_meter; ' .
	    'DROP TABLE report_dropped; ' .
	    'DROP TABLE candidate; DROP TABLE alert; DROP TABLE job; ' .
	    join('', map { "DROP INDEX held_$_; " } qw(rcpt of state sender
	    from sender_domain from_domain message_id entry policy category
	    by subject size ends expires user)) .
	    join('', map { "ALTER TABLE held DROP COLUMN \"$_\"; " }
	    qw(policy category message_id changed by sender_domain
	    from_domain added rights)) . 'PRAGMA user_version = 2;');
	Gatepost::Test::write_file($eml, "From: a\@b.example\n\nx\n");
	my $try = $site->gatepost('try', $eml);
	is($try->{code}, 0, 'try reads a store of the version before');
	is($try->{err}, '', '... without a word');
	foreach my $n (1 .. 4) {
		my $pid = fork();

		die "fork: $!\n" unless defined $pid;
		if ($pid == 0) {
			open(STDOUT, '>', '/dev/null');
			system(Gatepost::Test::program('gatepost'), '-c',
			    $site->config_file, 'user', 'block',
			    'up@example.org', "n$n.example");
			POSIX::_exit($? >> 8);
		}
		push(@up, $pid);
	}
	is(scalar(grep { waitpid($_, 0) && $? } @up), 0,
	    'four processes bring it up at once');
	is(scalar(values_of('up@example.org')), 4, '... and all is there');
	Gatepost::Test::write_file($db, 'no database at all, but rubbish');
	$try = $site->gatepost('try', $eml);
	like($try->{err}, qr/lists of users are left out: /,
	    'try goes on without a store, and says so');
}

done_testing;
