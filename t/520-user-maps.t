#!/usr/bin/perl
#
# 520-user-maps.t -- socketmaps and commands in the way of mail: the protocol
# as Postfix speaks it, a server that is dead, slow or mad, and a command that
# hangs, none of which holds mail up for long

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $port = Gatepost::Test::free_port();
my $site = Gatepost::Test->new(tenants => [
	{ name => 'local', domains => [ 'example.org' ],
	  policy => { user_block => 'discard' },
	  users => { map => 'socketmap:unix:@DIR@/map/socket:virtual',
	      owners => 'socketmap:unix:@DIR@/map/socket:owners',
	      cache => 0, timeout => 400 } },
	{ name => 'inet', domains => [ 'inet.example' ],
	  policy => { user_block => 'discard' },
	  users => { map => "socketmap:inet:localhost:$port:virtual",
	      cache => 600, timeout => 2000 } },
	{ name => 'command', domains => [ 'command.example' ],
	  policy => { user_block => 'discard' },
	  users => { map => 'command:@DIR@/find', cache => 0,
	      timeout => 300 } },
	{ name => 'nobody', domains => [ 'nobody.example' ],
	  policy => { user_block => 'discard' },
	  users => { map => 'socketmap:unix:@DIR@/map/none:virtual',
	      cache => 0 } },
    ]);
my $map = $site->dir . '/map';

mkdir($map);
Gatepost::Test::write_file("$map/virtual", <<'END');
robert@example.org bob@example.org
info@example.org bob@example.org, carol@example.org
robert@inet.example bob@inet.example
END
Gatepost::Test::write_file("$map/owners", "info\@example.org carol\@example.org\n");
Gatepost::Test::write_file($site->dir . '/find', "#!/bin/sh\n" .
    "test -e $map/hang && sleep 600\n" .
    "case \$1 in robert\@*) echo bob\@command.example ;; esac\n");
chmod(0755, $site->dir . '/find');

sub mood {
	unlink "$map/mood";
	Gatepost::Test::write_file("$map/mood", $_[0]) if @_;
}

sub requests {
	return () = (Gatepost::Test::read_file("$map/requests") // '') =~ /\n/g;
}

sub serve {
	my ($place) = @_;

	$site->spawn("map $place", $^X, "$FindBin::Bin/tools/socketmap",
	    $place, $map);
	Gatepost::Test::wait_for(10, sub {
		$place =~ /^\d/ ? Gatepost::Test::listening(
		    "inet:$place\@127.0.0.1") :
		    Gatepost::Test::listening("unix:$place") })
	    or die "no socketmap\n";
}

serve("$map/socket");
serve($port);
$site->start;
foreach my $domain ('example.org', 'inet.example', 'command.example',
    'nobody.example') {
	my $run = $site->gatepost('user', 'block', "bob\@$domain",
	    'ads.example', '--exact');

	is($run->{code}, 0, "bob of $domain blocks a sender")
	    or diag($run->{err});
}

sub verdict {
	my ($rcpt, $from) = @_;

	$from //= 'x@ads.example';
	return $site->milter_message(from => $from, client => '192.0.2.7',
	    rcpt => $rcpt, data => "From: $from\nTo: x\nSubject: x\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <" . time . "\@x.example>\n\nx\n")->{verdict};
}

# --- all is well ----------------------------------------------------------

foreach my $domain ('example.org', 'inet.example', 'command.example') {
	is(verdict("robert\@$domain"), 'discard', "$domain: an alias is his");
	is(verdict("robert+x\@$domain"), 'discard', '... with an extension');
	is(verdict("bob\@$domain"), 'discard', '... the mailbox itself');
	is(verdict("carol\@$domain"), 'continue', '... another is not');
}
is(verdict('info@example.org'), 'continue', 'an alias of two is nobody\'s');
is($site->json('user', 'map', 'info@example.org')->{owner},
    'carol@example.org', '... its owner comes from a socketmap, too');
my $before = requests();
verdict('robert@inet.example') foreach 1 .. 5;
is(requests(), $before, 'what is kept is not asked for again');

# --- the protocol as Postfix speaks it ------------------------------------

SKIP: {
	my $postmap = Gatepost::Test::installed('postmap');
	skip('postmap is not installed', 6) unless $postmap;

	mkdir($site->dir . '/etc');
	Gatepost::Test::write_file($site->dir . '/etc/main.cf',
	    "compatibility_level = 3.6\n");
	foreach my $key ('robert@example.org', 'info@example.org',
	    'none@example.org') {
		my $theirs = $site->run($postmap, '-c', $site->dir . '/etc',
		    '-q', $key, "socketmap:unix:$map/socket:virtual");
		my ($step) = grep { $_->{key} eq $key }
		    @{$site->json('user', 'map', $key)->{steps}};
		my $got = $theirs->{out} =~ s/\n\z//r;

		is($theirs->{code}, $key =~ /none/ ? 1 : 0,
		    "postmap -q $key of the same server");
		is($step->{values} // '', $got, '... tells what we tell');
	}
}

# --- moods ----------------------------------------------------------------

# Each on fresh breakers: the configuration is read anew.
sub fresh {
	my $count = () = $site->log =~ / reloaded /g;

	$site->reload;
	Gatepost::Test::wait_for(10, sub {
		(() = $site->log =~ / in-force /g) > $count + 1 });
	sleep(0.2);
}

foreach my $case ([ 'temp', qr/the server says: TEMP the database/ ],
    [ 'timeout', qr/the server says: TIMEOUT/ ],
    [ 'perm', qr/\(PERM\)/ ], [ 'close', qr/closed the connection/ ],
    [ 'junk', qr/no netstring/ ], [ 'silent', qr/no answer in time/ ]) {
	my ($mood, $why) = @$case;

	fresh();
	mood($mood);
	is(verdict('robert@example.org'), 'continue',
	    "$mood: mail goes on, by the tenant's policy");
	ok($site->wait_log(qr/users-unsure rcpt=robert\S+ reason=".*$why/, 5),
	    '... and the log says why') or diag($site->log_tail);
	mood();
}
is(verdict('robert@example.org'), 'discard', 'well again: it counts again');

# 40 messages while the server is silent: some find out, the others go on.
fresh();
mood('silent');
$before = requests();
my $start = time;
my %verdicts;
$verdicts{verdict('robert@example.org')}++ foreach 1 .. 40;
my $took = time - $start;
is_deeply(\%verdicts, { continue => 40 }, 'silent: 40 messages go on');
cmp_ok(requests() - $before, '<=', 3 + int($took / 10) + 1,
    '... and only the first ones asked');
ok($site->wait_log(qr/map-failed map=\S+socket:virtual failures=3/, 5),
    '... as the log says');
mood();
ok(Gatepost::Test::wait_for(30, sub {
	verdict('robert@example.org') eq 'discard' }),
    '... until it answers again, with no help');
like($site->log, qr/map-answers map=/, '... which is said');

# Slow, within the time and beyond it.
fresh();
mood('slow 0.1');
is(verdict('bob@example.org'), 'discard', 'slow, but in time: it counts');
mood('slow 0.3');
$before = requests();
is(verdict('bob+y@example.org'), 'continue',
    'the time is the message\'s, not each question\'s');
mood();

# Many at once, through one driver: nobody is left behind.
fresh();
mood('silent');
my $sum = $site->driver('--messages', 40, '--connections', 20, '--tries', 3, '--from',
    'x@ads.example', '--rcpt', 'robert@example.org');
is(scalar(grep { $_->{verdict} eq 'continue' } @{$sum->{log}}), 40,
    'silent: 40 at once go on, too');
mood();

# Dead: nobody listens.
is(verdict('bob@nobody.example'), 'continue', 'no such socket: mail goes on');
ok($site->wait_log(qr/users-unsure rcpt=bob\@nobody\S+ .*cannot connect/, 5),
    '... and the log says why');
$site->end("map $port", 5);
fresh();
is(verdict('bob@inet.example'), 'continue', 'a dead server: mail goes on');
serve($port);
is(verdict('bob@inet.example'), 'discard', '... and back it counts');
$site->end("map $port", 5);
serve($port);
is(verdict('carol@inet.example'), 'continue',
    'a connection that was closed meanwhile is replaced');
is((() = $site->log =~ /users-unsure rcpt=carol\@inet/g), 0, '... unseen');

# A command that hangs.
Gatepost::Test::write_file("$map/hang", '');
is(verdict('robert@command.example'), 'continue',
    'a command that hangs: mail goes on');
ok($site->wait_log(qr/users-unsure rcpt=robert\@command\S+ .*was killed/, 5),
    '... and the log says why');
is((() = `ps -eo args` =~ /\Q@{[$site->dir]}\E\/find/g), 0,
    '... and nothing of it is left');
unlink "$map/hang";
is(verdict('robert@command.example'), 'discard', '... then it counts again');
$site->stop;

done_testing;
