#!/usr/bin/perl
#
# 670-action.t -- what users do by mail to the action address: who may, what
# each deed does, what is refused without a hint, and what gets no answer

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Gatepost::Token qw(token);
use Test::More;

my $alice = 'alice@example.org';
my $bob = 'bob@example.org';
my $desk = 'quarantine@example.org';
my $site = Gatepost::Test->new(
    tenants => [
	{ name => 'example', domains => ['example.org'],
	  admins => ['admin@example.org'],
	  digest => { address => $desk },
	  policy => { block_envelope => 'quarantine' },
	  quarantine => { rights => { block_sender => 'full',
	      block_name => 'limited', block_envelope => [ 'see' ] } },
	  users => { map => 'file:@DIR@/map', owners => 'file:@DIR@/owners' } },
	{ name => 'other', domains => ['other.org'],
	  digest => { address => 'quarantine@other.org',
	      blocks => [ 'quarantine', 'reject' ] },
	  quarantine => { rights => { block_name => 'full' } } } ],
    lists => { example => "block sender evil.example\n" .
	"block name \"Jane Boss\"\nblock envelope *.odd.example\n",
	other => "block sender evil.example\nblock name \"Jane Boss\"\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my $later = time + 20 * 86400;

Gatepost::Test::write_file($site->dir . '/map',
    "al\@example.org $alice\nteam\@example.org $alice, $bob\n");
Gatepost::Test::write_file($site->dir . '/owners',
    "team\@example.org $bob\n");
$site->write_config(release => { smtp => $sink->place },
    upstreams => [ { name => 'up', authserv_id => 'up.example',
	strips => \1 } ]);
is($site->gatepost('key', 'rotate')->{code}, 0, 'there is a key');
$site->start;

my $number = 0;
sub hold {
	my (%arg) = @_;
	my %before = map { $_->{id} => 1 }
	    @{$site->json('quarantine', 'list')->{items}};
	my $from = delete $arg{author} || 'x@evil.example';

	$site->milter_message(from => 'x@evil.example', rcpt => [ $alice ],
	    client => '198.51.100.25', data => "From: $from\n" .
	    "Subject: see http://phish.example/ now\nMessage-ID: <" .
	    ++$number . "\@x>\n\ngo to http://evil.example/a\n", %arg);
	return (grep { !$before{$_} } map { $_->{id} }
	    @{$site->json('quarantine', 'list')->{items}})[0];
}

# Send TOKEN as the user LOGIN would; %arg as milter_message().
sub act {
	my ($login, $subject, %arg) = @_;
	my $fields = delete $arg{fields} || '';
	my $to = delete $arg{to} || $desk;
	my $id = delete $arg{message_id} || 'act' . ++$number . '@client';

	return $site->milter_message(from => delete $arg{sender} // $login,
	    rcpt => [ $to, @{delete $arg{more} || []} ],
	    client => '198.51.100.77', $login ? (macros =>
		[ "mail:auth_authen=$login" ]) : (),
	    data => "From: <" . (delete $arg{author} || $login) .
		">\nTo: <$to>\n${fields}Subject: $subject\n" .
		"Message-ID: <$id>\n\n", %arg);
}

sub to {
	my ($rcpt) = @_;

	return grep { $_->{rcpt}[0] =~ /^TO:<\Q$rcpt\E>/ } $sink->mails;
}

sub answers {
	my ($rcpt, $count) = @_;

	Gatepost::Test::wait_for(15, sub {
		(grep { $_->{data} =~ /^Auto-Submitted:/m } to($rcpt)) >=
		    $count;
	});
	return map { $_->{data} } grep { $_->{data} =~ /^Auto-Submitted:/m }
	    to($rcpt);
}

sub state {
	my ($id) = @_;

	return (grep { $_->{id} eq $id }
	    @{$site->json('quarantine', 'list')->{items}})[0]{state};
}

sub deeds {
	my ($id) = @_;

	return map { "$_->{what} $_->{who} $_->{via}" }
	    @{$site->json('quarantine', 'show', $id)->{audit}};
}

# --- release --------------------------------------------------------------

my $id = hold();
my $release = token($site, 'example', $alice, $id, 'release', $later);
my $got = act($alice, "Release: $release");
is($got->{verdict}, 'discard', 'mail to the action address is taken');
my ($answer) = answers($alice, 1);
like($answer, qr/^Subject: Message released\r$/m, 'the user is told');
like($answer, qr/^From: Gatepost <\Q$desk\E>\r$/m, '... from the address');
like($answer, qr/^  Subject: see http\[:\]\/\/phish\[\.\]example\/ now\r$/m,
    '... of what, without a link');
is(state($id), 'released', '... and it is released');
is(scalar(grep { $_->{data} =~ /^X-Gatepost-Id: $id\r$/m } to($alice)), 1,
    '... once, to him');
is_deeply([deeds($id)], ["released $alice mail"],
    'the audit log says who, and by which door');
like($site->log, qr/action deed=release item=$id rcpt=\Q$alice\E by=\Q$alice\E outcome=done/,
    'so does the log');
is(scalar(glob($site->state_dir . '/actions/new/*') ? 1 : 0), 0,
    'nothing is left to do');

# Again: refused, and nothing sent again.
$sink->forget;
act($alice, "Re: Release: $release");
($answer) = answers($alice, 1);
like($answer, qr/^Subject: Nothing was done\r$/m, 'a token works once');
unlike($answer, qr/Item:|released/, '... and he learns no more');
ok($site->wait_log(qr/action-refused deed=release .*reason="it was used before"/),
    '... but the log does');
is(scalar(to($alice)), 1, '... and nothing is sent again');

# --- the subject ----------------------------------------------------------

$id = hold();
$release = token($site, 'example', $alice, $id, 'release', $later);
(my $folded = lc $release) =~ s/^(.{40})/$1\n\t/;
$sink->forget;
act($alice, "AW: [EXTERN] Release: $folded");
answers($alice, 1);
is(state($id), 'released', 'it is found behind Re:, folded, in small letters');

# --- the other deeds ------------------------------------------------------

sub done {
	my ($login, $copy, $item, $deed) = @_;

	$sink->forget;
	act($login, token($site, 'example', $copy, $item, $deed, $later));
	return (answers($login, 1))[0] || '';
}

$id = hold();
like(done($alice, $alice, $id, 'request'), qr/may not do this/,
    'who may release may not request');
like(done($alice, $alice, $id, 'not-junk'), qr/^Subject: Reported as not junk\r$/m,
    'not junk');
my @rows;
ok(Gatepost::Test::wait_for(10, sub {
	@rows = @{$site->json('report', 'list')->{items}} }),
    '... makes a report');
is("@{$rows[0]{reasons}} $rows[0]{message} @{$rows[0]{reporters}} $rows[0]{via}",
    "not-junk $id $alice mail", '... of that message');
like(done($alice, $alice, $id, 'phish'), qr/^Subject: Reported as phishing\r$/m,
    'phish');
ok(Gatepost::Test::wait_for(10, sub {
	$site->gatepost('report', 'show', $rows[0]{id})->{out} =~
	    /\bphish\b/ }), '... makes another');
is(state($id), 'held', '... and both leave it held');
$answer = done($alice, $alice, $id, 'preview');
like($answer, qr/^\| go to hxxp\[:\]\/\/evil\[\.\]example\/a\r$/m,
    'preview: the text, without links');
unlike($answer, qr{http://|evil\.example/}, '... at all');
like($answer, qr/^\| Subject: see hxxp\[:\]/m, '... and the header');
like(done($alice, $alice, $id, 'delete'), qr/^Subject: Message deleted\r$/m,
    'delete');
is(state($id), 'deleted', '... deletes');
like(done($alice, $alice, $id, 'release'),
    qr/The message has been deleted\s+already/, 'what is gone is said to be');
is_deeply([deeds($id)], ["reported-clean $alice mail",
    "reported-phish $alice mail", "previewed $alice mail",
    "deleted $alice mail"], 'all of it is in the audit log');

$id = hold(author => 'Jane Boss <jb@elsewhere.example>');
like(done($alice, $alice, $id, 'release'), qr/may not do this/,
    'who may request may not release');
like(done($alice, $alice, $id, 'request'), qr/^Subject: Release requested\r$/m,
    'request');
is(state($id), 'requested', '... requests');
is(scalar(to('admin@example.org')), 1, '... of the admins');

$id = hold(from => 'a@b.odd.example', author => 'n@b.odd.example');
for my $deed (qw(release request delete preview not-junk allow block)) {
	like(done($alice, $alice, $id, $deed), qr/may not do this/,
	    "without the right there is no $deed");
}
is(state($id), 'held', '... and nothing changed');

# --- lists of users -------------------------------------------------------

$id = hold();
like(done($alice, $alice, $id, 'block'),
    qr/x\@evil\[\.\]example is on your list of blocked senders now/, 'block');
is_deeply([map { "$_->{list} $_->{value} $_->{how} $_->{by}" }
    @{$site->json('user', 'show', $alice)->{entries}}],
    ["block x\@evil.example mail $alice"], '... is on his list');
$answer = done($alice, $alice, $id, 'allow');
like($answer, qr/list of safe senders now/, 'allow');
like($answer, qr/not proven to be from there/,
    '... says that nothing proved the sender');
is_deeply([map { "$_->{list} $_->{value}" }
    @{$site->json('user', 'show', $alice)->{entries}}],
    ['safe x@evil.example'], '... and moves him to the other list');
like(done($alice, $alice, $id, 'block-reject'), qr/may not do this/,
    'how to block is chosen only where the tenant says so');

# ... and where the tenant says so, that is what is done.
my $jo = 'jo@other.org';

sub jo_blocks {
	my ($deed) = @_;

	$id = hold(rcpt => [ $jo ], author => "Jane Boss <j\@nice.example>");
	$sink->forget;
	act($jo, token($site, 'other', $jo, $id, $deed, $later),
	    to => 'quarantine@other.org');
	return (answers($jo, 1))[0] || '';
}

sub from_nice {
	return $site->milter_message(from => 'j@nice.example', rcpt => [ $jo ],
	    client => '198.51.100.25', data => "From: j\@nice.example\n" .
	    "Subject: x\nMessage-ID: <" . ++$number . "\@x>\n\nx\n");
}

is(from_nice()->{verdict}, 'continue', 'a sender whom nobody blocks');
like(jo_blocks('block-junk'), qr/may not do this/,
    'what the tenant does not offer is no choice');
like(jo_blocks('block-reject'), qr/list of blocked senders now/,
    'a user chooses to refuse a sender');
is(from_nice()->{verdict}, 'reject', '... and he is refused');
like(jo_blocks('block-quarantine'), qr/list of blocked senders now/,
    'he changes his mind');
is(from_nice()->{verdict}, 'discard', '... and the mail is held');
is_deeply([map { "$_->{list} $_->{value} $_->{action}" }
    @{$site->json('user', 'show', $jo)->{entries}}],
    ['block j@nice.example quarantine'], '... as his list says');

# --- whose it is ----------------------------------------------------------

sub refused {
	my ($login, $token, $reason, $name, %arg) = @_;
	my $held = state($id);

	$sink->forget;
	act($login, "Release $token", %arg);
	my ($text) = answers($login, 1);
	like($text, qr/^Subject: Nothing was done\r$/m, "$name: refused");
	ok($site->wait_log(qr/action-refused [^\n]*by=\Q$login\E reason="[^"]*$reason/),
	    '... the log says why') or diag($site->log_tail);
	is(state($id), $held, '... and nothing changed');
	return $text =~ s/^(?:Date|Message-ID|To): .*\r\n//mgr;
}

$id = hold();
my $good = token($site, 'example', $alice, $id, 'release', $later);
my @texts = (
    refused($bob, $good, "another recipient's", "another's token"),
    refused($alice, 'please', 'no token', 'no token'),
    refused($alice, token($site, 'other', $alice, $id, 'release', $later),
	'no key made it', "another tenant's"),
    refused($alice, token($site, 'example', $bob, $id, 'release', $later),
	'no key made it', 'for a copy that there is not'),
    refused($alice, token($site, 'example', $alice, $id, 'release',
	time - 1), 'it is over', 'one that is over'),
    refused($alice, token($site, 'example', $alice,
	'01AAAAAAAAAAAAAAAAAAAAAAAA', 'release', $later), 'no such item',
	'an item that there is not'),
    refused($alice, $good =~ s/(.)\z/$1 eq 'Z' ? 'Y' : 'Z'/er,
	'no key made it', 'a changed one'));
is(scalar(grep { $_ ne $texts[0] } @texts), 0,
    'every refusal reads the same');
$sink->forget;
act($alice, "Release $good", author => $bob);
answers($alice, 1);
is(state($id), 'released', 'the login counts, not From');
is(scalar(to($bob)), 0, '... and who is named there hears nothing');

# The other tenant's address knows no token of this one.
$id = hold();
$good = token($site, 'example', $alice, $id, 'release', $later);
$sink->forget;
act($alice, $good, to => 'quarantine@other.org');
ok($site->wait_log(qr/action-ignored rcpt=quarantine\@other\.org/),
    "another tenant's address does nothing for him");
is(state($id), 'held', '... the message stays held');

# An alias: its mail is the owner's to act on, and nobody's list is meant.
$id = hold(rcpt => [ 'al@example.org' ]);
like(done($alice, 'al@example.org', $id, 'delete'), qr/Message deleted/,
    'a mailbox acts for its aliases');
$id = hold(rcpt => [ 'team@example.org' ]);
refused($alice, token($site, 'example', 'team@example.org', $id, 'release',
    $later), "another recipient's", 'one of several');
like(done($bob, 'team@example.org', $id, 'block'), qr/may not do this/,
    'an alias of several has no list');
like(done($bob, 'team@example.org', $id, 'release'), qr/Message released/,
    'its owner acts for it');

# --- who gets no answer ---------------------------------------------------

$id = hold();
$good = token($site, 'example', $alice, $id, 'release', $later);
my @silent = (
    [ 'a stranger', '', author => $alice ],
    [ 'an address that nothing proves', '', author => $alice,
      sender => $alice ],
    [ 'the null sender', $alice, sender => '' ],
    [ 'an auto-reply', $alice, fields => "Auto-Submitted: auto-replied\n" ],
    [ 'a list', $alice, fields => "List-Id: <a.b>\n" ],
    [ 'bulk mail', $alice, fields => "Precedence: bulk\n" ],
    [ 'a vacation program', $alice, fields => "Precedence: junk\n" ],
    [ 'mail of our own', $alice,
      message_id => '01KAX3QZ7M4V9T2W5Y8B0C1D2E@example.org' ],
    [ 'a login that is no address', 'alice' ]);
for my $row (@silent) {
	my ($name, $login, %arg) = @$row;
	my $before = () = $site->log =~ /action-ignored/g;

	$sink->forget;
	is(act($login, $good, %arg)->{verdict}, 'discard', "$name: taken");
	my $after = () = $site->log =~ /action-ignored/g;
	is($after, $before + 1, '... and logged');
	is(scalar($sink->mails), 0, '... without an answer');
}
is(state($id), 'held', '... and nothing was done');
$sink->forget;
act($alice, $good, fields => "Auto-Submitted: no\n");
answers($alice, 1);
is(state($id), 'released', 'a person who says so is one');

# --- from outside, by proof -----------------------------------------------

sub proof {
	my ($domain) = @_;

	return "Authentication-Results: up.example; dkim=pass " .
	    "header.d=$domain\n";
}

$id = hold();
$good = token($site, 'example', $alice, $id, 'release', $later);
for my $row ([ 'a signature of another domain', $alice, 'evil.example' ],
    [ "a proven stranger", 'a@evil.example', 'evil.example' ],
    [ "another tenant's user", 'a@other.org', 'other.org' ],
    [ 'an address of several', 'team@example.org', 'example.org' ]) {
	my ($name, $author, $domain) = @$row;
	my $before = () = $site->log =~ /action-ignored/g;

	$sink->forget;
	act('', $good, sender => 'a@b.example', author => $author,
	    fields => proof($domain));
	my $after = () = $site->log =~ /action-ignored/g;
	is($after, $before + 1, "$name: ignored");
	is(scalar($sink->mails), 0, '... without an answer');
}
is(state($id), 'held', '... and nothing was done');
$sink->forget;
act('', $good, sender => 'a@b.example', author => 'al@example.org',
    fields => proof('example.org'));
like((answers('al@example.org', 1))[0] || '', qr/^Subject: Message released/m,
    'a proven address of his acts, and has the answer');
is(state($id), 'released', '... for his mailbox');

# Others get their copy.
$got = act($alice, 'hello', more => [ $bob ]);
is($got->{verdict}, 'continue', 'with a copy to somebody else it goes on');
is_deeply([grep { $_->[0] =~ /rcpt/ } @{$got->{edits}}],
    [[ 'delrcpt', "<$desk>" ]], '... to him alone');

# --- all at once ----------------------------------------------------------

$id = hold();
$good = token($site, 'example', $alice, $id, 'release', $later);
Gatepost::Test::write_file($site->dir . '/act.eml', "From: <$alice>\n" .
    "To: <$desk>\nSubject: $good\n\n");
$sink->forget;
$site->driver('--messages', 200, '--connections', 50, '--no-unique', '--mail',
    $site->dir . '/act.eml', '--from', $alice, '--rcpt', $desk, '--client',
    '198.51.100.77', '--macro', "mail:auth_authen=$alice");
my @all = answers($alice, 200);
is(scalar @all, 200, '200 uses of one token at once are all answered');
is(scalar(grep { /^Subject: Message released\r$/m } @all), 1,
    '... one of them released it');
is(scalar(grep { $_->{data} =~ /^X-Gatepost-Id: $id\r$/m } to($alice)), 1,
    '... once');

# --- the MTA is away ------------------------------------------------------

$id = hold();
$good = token($site, 'example', $alice, $id, 'release', $later);
$site->write_config(release => { smtp => '127.0.0.1:1' });
$site->reload;
ok($site->wait_log(qr/in-force.*in-force/s), 'the listener is gone');
is(act($alice, $good)->{verdict}, 'discard', 'what is asked is taken');
ok($site->wait_log(qr/action-later /), '... and waits');
is(state($id), 'held', '... since the message cannot be sent');
$site->stop;
$sink->forget;
$site->write_config(release => { smtp => $sink->place });
$site->start;
like((answers($alice, 1))[0], qr/Message released/,
    'after a restart it is done');
is(state($id), 'released', '... and the message is out');

# --- the daemon dies in the middle ----------------------------------------

my @crash = map { hold() } 1 .. 12;
$sink->forget;
foreach my $n (0 .. $#crash) {
	act($alice, token($site, 'example', $alice, $crash[$n], 'release',
	    $later));
	next if $n % 4 != 3;
	kill('KILL', $site->front_pid);
	$site->wait_log(qr/(?:ready|front-died|in-force)[^\n]*\n[^\n]*\z/, 1);
	Gatepost::Test::wait_for(20, sub {
		($site->milter_message(from => 'a@b.example', rcpt => [ $bob ],
		    data => "From: a\@b.example\n\nx\n") || {})->{verdict};
	});
}
Gatepost::Test::wait_for(20, sub {
	my @left = glob($site->state_dir . '/actions/new/*');

	@left == 0;
});
is(scalar(grep { state($_) ne 'released' } @crash), 0,
    'whatever the daemon dies of, all that was asked is done');
my @times = map { my $item = $_; scalar(grep { $_->{data} =~
    /^X-Gatepost-Id: $item\r$/m } to($alice)) } @crash;
is(scalar(grep { $_ < 1 || $_ > 2 } @times), 0,
    '... once, or twice when it died between') or diag("@times");
Gatepost::Test::wait_for(20, sub { answers($alice, 12) >= 12 });
cmp_ok(scalar(answers($alice, 12)), '>=', 12, '... and answered');

# --- rotation -------------------------------------------------------------

my @held = (hold(), hold());
my @old = map { token($site, 'example', $alice, $_, 'delete', $later) } @held;
$site->gatepost('key', 'rotate');
$sink->forget;
act($alice, $old[0]);
like((answers($alice, 1))[0], qr/Message deleted/,
    'a token of the key before holds');
$site->gatepost('key', 'rotate');
$id = $held[1];
refused($alice, $old[1], 'no key made it', 'one of the key before that');

$site->stop;
$sink->stop;
done_testing();
