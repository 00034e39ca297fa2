#!/usr/bin/perl
#
# 510-user-lists.t -- what a user's own safe and blocked senders do with his
# mail, and only with his: rows 4 and 5 of the precedence

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time);

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ "X-Spam-Flag" ]; strips = true; } );',
    tenants => [
	{ name => 'example', domains => [ 'example.org',
	      "b\xc3\xbccher.example" ],
	  policy => { user_block => 'quarantine' },
	  users => { map => 'file:@DIR@/users' } },
	{ name => 'junk', domains => [ 'junk.example' ] },
	{ name => 'hard', domains => [ 'hard.example' ],
	  policy => { user_block => 'reject' } },
    ],
    lists => { example => <<'END' });
block   sender   evil.example
allow   sender   partner.example
END
Gatepost::Test::write_file($site->dir . '/users',
    "robert\@example.org bob\@example.org\n" .
    "info\@example.org bob\@example.org, carol\@example.org\n" .
    "loop\@example.org pool\@example.org\n" .
    "pool\@example.org loop\@example.org\n" .
    "\@b\xc3\xbccher.example bob\@example.org\n");
$site->start;

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $n = 0;

sub list {
	my $run = $site->gatepost('user', @_);

	die "user @_: $run->{err}" if $run->{code};
}

my $spf = "Authentication-Results: auth.local; spf=pass smtp.mailfrom=%s\n";
my $none = "Authentication-Results: auth.local; spf=none smtp.mailfrom=%s\n";

# Send from FROM to RCPTS; the ledger's record with the decisions by
# recipient, and the driver's answer.
sub mail {
	my ($from, $rcpts, $header, $sender) = @_;
	my $id = 'user' . ++$n . '@client.example';
	my ($domain) = $from =~ /\@(.*)/;
	my $told = $site->milter_message(from => $sender // $from,
	    client => '192.0.2.7', rcpt => $rcpts,
	    data => "From: $from\nTo: x\nSubject: $n\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <$id>\n" .
	    (($header // $spf) =~ s/%s/$domain/r) . "\nHello.\n");
	my $why = {};

	Gatepost::Test::wait_for(5, sub {
		$site->gatepost('why', $id)->{code} == 0 });
	$why = $site->json('why', $id);
	return { id => $id, told => $told,
	    map { $_->{rcpt} => $_ } @{$why->{decisions}} };
}

# --- two users, one sender ------------------------------------------------

list('safe', $alice, 'tips@news.example');
list('block', $bob, 'tips@news.example', 'ads.example');
my $both = mail('tips@news.example', [ $alice, $bob ],
    $spf . "X-Spam-Flag: YES\n");
is($both->{$alice}{action}, 'deliver', 'hers: safe, delivered');
is($both->{$alice}{row}, 4, '... by row 4, over an upstream\'s "spam"');
like($both->{$alice}{because}{reason},
    qr/tips\@news\.example is on \Q$alice\E's own safe sender list/,
    '... and the reason says whose list');
is($both->{$bob}{action}, 'quarantine', 'his: blocked, held');
is($both->{$bob}{row}, 5, '... by row 5');
is($both->{$bob}{because}{check}, 'user', '... of the check "user"');
is($both->{$bob}{findings}[0]{speaker}, 'user', '... where the user speaks');
my @held = @{$site->json('quarantine', 'list')->{items}};
is_deeply([ map { $_->{rcpt} } @held ], [ $bob ], 'his copy alone is held');
is_deeply([ grep { $_->[0] =~ /rcpt/ } @{$both->{told}{edits}} ],
    [ grep { "@$_" =~ /bob/ } @{$both->{told}{edits}} ],
    '... and he alone is taken off');
unlike(join(' ', map { "@$_" } grep { $_->[0] !~ /rcpt/ }
    @{$both->{told}{edits}}), qr/news\.example|bob|alice/,
    '... and no header tells one of the other\'s list');
like($site->log, qr/decision rcpt=bob\S+ action=quarantine .*because=user/,
    'the log has it');
my $text = $site->gatepost('why', $both->{id}, '--rcpt', $alice)->{out};
like($text, qr/alice\@example\.org's own safe sender list/,
    'why tells it in the third person');
like($text, qr/gatepost user safe alice\@example\.org tips\@news\.example --remove/,
    '... and what to change');
my $entry = $held[0]{entry};
ok($entry, 'the block has a key');
is_deeply([ map { $_->{rcpt} } @{$site->json('quarantine', 'list',
    '--entry', $entry)->{items}} ], [ $bob ],
    '... by which all that it held is found');
is($site->json('user', 'show', $bob, '--list', 'block')
    ->{entries}[1]{key}, $entry, '... as user show prints it');

# --- proof ----------------------------------------------------------------

my $bare = mail('tips@news.example', $alice, $none . "X-Spam-Flag: YES\n");
is($bare->{$alice}{action}, 'junk', 'a safe sender without proof: no help');
my ($struck) = grep { $_->{check} eq 'user' } @{$bare->{$alice}{findings}};
like($struck->{struck}, qr/nothing proves the sender/, '... and why not');
ok(!$struck->{is_proven}, '... in the ledger');
$bare = mail('tips@news.example', $alice, $none);
is_deeply($bare->{$alice}{candidate},
    [ 'unproven-allow', 'unproven-from' ],
    '... and delivered all the same it is a candidate');
$bare = mail('tips@news.example', $alice, '');
ok(!@{$bare->{$alice}{candidate} || []},
    '... not where nobody looks at authentication');
is(mail('tips@news.example', $bob, $none)->{$bob}{row}, 5,
    'a block needs no proof');

# --- rows 1, 3 and 6 ------------------------------------------------------

list('safe', $alice, 'evil.example', 'example.org');
is(mail('x@evil.example', $alice)->{$alice}{row}, 1,
    'a safe sender lifts no block of the tenant');
is(mail('boss@example.org', $alice, $none)->{$alice}{row}, 3,
    '... and no spoof');
list('block', $bob, 'partner.example');
is(mail('x@partner.example', $bob)->{$bob}{row}, 5,
    'a tenant\'s allow does not beat a user\'s block');
is(mail('x@partner.example', $alice)->{$alice}{row}, 6,
    '... and holds for others');
is(mail('x@evil.example', $bob)->{$bob}{row}, 1,
    'what the tenant blocks is the tenant\'s');

# --- the narrower wins ----------------------------------------------------

list('block', $bob, '*.wide.example', 'n@narrow.example');
list('safe', $bob, 'a@wide.example', 'b.wide.example', 'narrow.example');
foreach my $case ([ 'a@wide.example', 4, 'a safe address in a blocked domain' ],
    [ 'x@wide.example', 5, '... another one' ],
    [ 'x@b.wide.example', 4, 'a safe domain below a blocked one' ],
    [ 'x@c.b.wide.example', 5, '... and below that' ],
    [ 'n@narrow.example', 5, 'a blocked address in a safe domain' ],
    [ 'm@narrow.example', 4, '... another one' ],
    [ 'x@sub.ads.example', 8, 'a domain alone is not what is below it' ]) {
	my ($from, $row, $what) = @$case;

	is(mail($from, $bob)->{$bob}{row}, $row, $what);
}
is(mail('a@wide.example', $bob, $none)->{$bob}{row}, 5,
    'a narrower safe sender without proof does not lift his block');
is(mail('ok@good.example', $bob, undef, 'x@ads.example')->{$bob}{row}, 8,
    'the envelope is not what a user sees');
is(mail('x@ads.example, ok@good.example', $bob)->{$bob}{row}, 5,
    'any author counts for a block');

# --- addresses ------------------------------------------------------------

foreach my $rcpt ('bob+shop@example.org', 'Robert@example.org',
    'ROBERT+x@Example.Org') {
	my $told = mail('tips@news.example', $rcpt);
	my $decision = $told->{lc $rcpt};

	is($decision->{row}, 5, "$rcpt is his");
	is_deeply($decision->{mailboxes}, [ $bob ], '... by the ledger, too');
}
my $shared = mail('tips@news.example', 'info@example.org');
my $info = $shared->{'info@example.org'};
is($info->{row}, 8, 'an alias of two: the tenant\'s policy alone');
is_deeply($info->{mailboxes}, [ $bob, 'carol@example.org' ],
    '... with both mailboxes');
is($info->{owner}, $bob, '... and an owner');
like($site->gatepost('why', $shared->{id})->{out},
    qr/leads to bob\S+, carol\S+: nobody's own lists count; its digest goes/,
    '... as why tells');
my $loop = mail('tips@news.example', 'loop@example.org')
    ->{'loop@example.org'};
is($loop->{row}, 8, 'an alias that leads to itself: mail goes on');
like($loop->{findings}[0]{reason}, qr/leads to itself: loop\S+ -> pool/,
    '... unsure, and why');
my ($any) = grep { ref && $_->{row} } values %{mail('tips@news.example',
    "J\xc3\xb6rg\@B\xc3\xbccher.example")};
is($any->{row}, 5, 'a catch-all of an IDN, to an EAI address');
list('block', "k\xc3\xb6ln\@example.org", "j\xc3\xbcrgen\@ads.example");
my ($eai) = grep { ref && $_->{row} } values %{mail(
    "J\xc3\x9crgen\@ADS.example", "K\xc3\x96LN+x\@example.org")};
is($eai->{row}, 5, 'an EAI user blocks an EAI sender');
list('block', 'postmaster@example.org', 'ads.example');
is(mail('x@ads.example', 'postmaster@example.org')
    ->{'postmaster@example.org'}{action}, 'tag', 'an exempt one is tagged');
list('block', 'joe@junk.example', 'ads.example');
my $junk = mail('x@ads.example', 'joe@junk.example');
is($junk->{'joe@junk.example'}{action}, 'junk', 'by default: junk');
ok(grep({ "@$_" =~ /X-Spam-Flag/ } @{$junk->{told}{edits}}),
    '... marked so');
unlike(join(' ', map { "@$_" } @{$junk->{told}{edits}}), qr/because=user/,
    '... and no header says that it was his list');
is(mail('tips@news.example', 'bob@junk.example')->{'bob@junk.example'}{row},
    8, 'another tenant\'s bob is another');
list('block', 'joe@hard.example', 'ads.example');
is(mail('x@ads.example', 'joe@hard.example')->{told}{verdict}, 'reject',
    'user_block = reject refuses');

# --- try and policy -------------------------------------------------------

my $eml = $site->dir . '/try.eml';
Gatepost::Test::write_file($eml, "From: tips\@news.example\nSubject: x\n" .
    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <t\@x.example>\n\nx\n");
my $try = $site->json('try', $eml, '--from', 'tips@news.example',
    '--rcpt', 'robert+x@example.org', '--rcpt', $alice);
is($try->{decisions}[0]{row}, 5, 'try knows the lists');
is_deeply($try->{decisions}[0]{mailboxes}, [ $bob ], '... and mailboxes');
is($try->{decisions}[1]{row}, 8, '... of each recipient');
my $policy = $site->gatepost('policy', '--tenant', 'example')->{out};
like($policy, qr/^  4  user's safe sender.*\n.*-> deliver$/m,
    'policy prints row 4');
like($policy, qr/^  5  user's blocked.*\n.*-> user_block/m, '... and row 5');

# --- live, restart, long lists --------------------------------------------

is(mail('x@live.example', $bob)->{$bob}{row}, 8, 'not blocked yet');
list('block', $bob, 'live.example');
is(mail('x@live.example', $bob)->{$bob}{row}, 5,
    'what is listed holds for the next message');
list('block', $bob, 'live.example', '--remove');
is(mail('x@live.example', $bob)->{$bob}{row}, 8, '... as does its removal');
Gatepost::Test::write_file($site->dir . '/users',
    "new\@example.org bob\@example.org\n");
is(mail('tips@news.example', 'new@example.org')->{'new@example.org'}{row}, 5,
    'a changed file map holds for the next message');
unlink $site->dir . '/users';
is(mail('tips@news.example', 'new@example.org')->{'new@example.org'}{row}, 5,
    '... and holds on when the file goes away');
ok($site->wait_log(qr/map-unread/, 5), '... which is said');
is($site->gatepost('user', 'show', $bob)->{code}, 75,
    'the command does not guess whose lists those are');
is($site->gatepost('user', 'show', $bob, '--exact')->{code}, 0,
    '... but takes a mailbox as it stands');
Gatepost::Test::write_file($site->dir . '/users',
    "new\@example.org bob\@example.org\n");
Gatepost::Test::write_file($site->dir . '/many',
    join('', map { "s$_\@many.example\n" } 1 .. 50_000));
list('import', $bob, $site->dir . '/many', '--as', 'block');
is(mail('s41234@many.example', $bob)->{$bob}{row}, 5,
    'one of 50,000 is found');
is(mail('s0@many.example', $bob)->{$bob}{row}, 8, '... another is not');
$site->stop;
$site->start;
is(mail('s41234@many.example', $bob)->{$bob}{row}, 5,
    'a restart keeps the lists');

# --- a store that is broken -----------------------------------------------

my $sqlite = Gatepost::Test::installed('sqlite3');
SKIP: {
	skip('sqlite3 is not installed', 4) unless $sqlite;
	my $db = $site->state_dir . '/state.db';

	$site->run($sqlite, $db, 'ALTER TABLE user_entry RENAME TO away');
	my $broken = mail('tips@news.example', $bob);
	is($broken->{$bob}{row}, 8, 'lists that cannot be read: mail goes on');
	is($broken->{$bob}{findings}[0]{effect}, 'unsure', '... unsure');
	like($site->log, qr/users-unsure rcpt=bob\S+ reason=.*cannot be read/,
	    '... as the log says');
	$site->run($sqlite, $db, 'ALTER TABLE away RENAME TO user_entry');
	is(mail('tips@news.example', $bob)->{$bob}{row}, 5,
	    '... and mended they count again');
}
$site->stop;

done_testing;
