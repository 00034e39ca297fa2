#!/usr/bin/perl
#
# 340-lists-outbound.t -- entries with direction=out refuse our own users'
# mail to whom they name, that recipient alone, by a real Postfix

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $site = Gatepost::Test->new(
    tenants => [ { name => 'example', domains => ['example.org'] },
	{ name => 'other', domains => ['other.test'] } ],
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@' } },
    lists => { example => <<'END', other => "block sender quiet.test direction=out\n" });
block   sender   evil.example          direction=out
block   sender   *.evil.example        direction=both
block   sender   rival@both.example    direction=both
block   envelope env.example           direction=out
block   sender   in.example
block   sender   some.example          direction=out for=jane@example.org
block   sender   *.wide.example        direction=out
allow   sender   good@a.wide.example   direction=out
block   sender   other.test            direction=out
block   sender   old.example           direction=out expires=2020-01-01
observe sender   watched.example       direction=out
block   url      phish.example         direction=out
END
$site->start;
$site->postfix_start(main => { default_transport => 'discard:' });

my $n = 0;

# Send a mail of FROM to RCPTS; the answers, and its Message-ID.
sub mail {
	my (%arg) = @_;
	my $id = ++$n . '@out.example';
	my $sent = $site->smtp(from => $arg{from} // 'jane@example.org',
	    rcpt => $arg{rcpt}, %{$arg{more} || {}},
	    data => "From: jane\@example.org\nTo: x\@y.example\n" .
	    "Message-ID: <$id>\nSubject: out\n\n" . ($arg{body} // 'x') .
	    "\n");

	return { %$sent, id => $id };
}

sub code { my ($sent, $rcpt) = @_; return $sent->{rcpt}{$rcpt}[0]; }

# One of several recipients.
my $sent = mail(rcpt => ['joe@evil.example', 'joe@fine.example']);
is(code($sent, 'joe@evil.example'), 550, 'a listed recipient is refused');
like($sent->{rcpt}{'joe@evil.example'}[1],
    qr/^5\.7\.1 .*your own site.*an entry of kind sender \([0-9A-Z]{26}\)/i,
    '... with the kind of its entry and an id');
is(code($sent, 'joe@fine.example'), 250, '... that recipient alone');
is($sent->{data}[0], 250, '... the mail goes to the other');

# ledger and why
my $why;
ok(Gatepost::Test::wait_for(10, sub {
	$why = $site->gatepost('why', $sent->{id});
	$why->{code} == 0 }), 'the ledger has it');
like($why->{out}, qr/For joe\@evil\.example: refused/,
    '... why says who was refused');
like($why->{out}, qr/the recipient joe\@evil\.example is on the block list/,
    '... and by what');
like($why->{out}, qr/outbound mail of tenant example/, '... as outbound');
my $record = $site->json('why', $sent->{id});
my ($decision) = grep { $_->{rcpt} eq 'joe@evil.example' }
    @{$record->{decisions}};
is($decision->{action}, 'reject', 'the record has the decision');
is($decision->{place}, 'refused', '... and where it went');
ok($decision->{is_outbound}, '... and its direction');

for ([ 'joe@sub.evil.example', 550, 'below a listed domain' ],
    [ 'rival@both.example', 550, 'an address of both directions' ],
    [ 'RIVAL@BOTH.example', 550, '... in any case' ],
    [ 'friend@both.example', 250, '... another one there' ],
    [ 'joe@env.example', 550, 'by an entry of kind envelope' ],
    [ 'joe@in.example', 250, 'an inbound entry does not act' ],
    [ 'joe@some.example', 550, 'for that user of ours' ],
    [ 'good@a.wide.example', 250, 'a narrower allow' ],
    [ 'bad@a.wide.example', 550, '... of one address' ],
    [ 'joe@old.example', 250, 'an expired entry' ],
    [ 'joe@watched.example', 250, 'an observe entry' ],
    [ 'joe@quiet.test', 250, 'the entry of another tenant' ]) {
	my ($rcpt, $code, $what) = @$_;

	is(code(mail(rcpt => [$rcpt]), $rcpt), $code, "$what: $code");
}
is(code(mail(from => 'bob@example.org', rcpt => ['joe@some.example']),
    'joe@some.example'), 250, 'not for another user of ours');
is(code(mail(from => 'bob@other.test', rcpt => ['joe@evil.example']),
    'joe@evil.example'), 250, 'not for another tenant');
is(code(mail(from => 'bob@other.test', rcpt => ['joe@quiet.test']),
    'joe@quiet.test'), 550, '... which has its own');
is(code(mail(from => '', rcpt => ['joe@evil.example']),
    'joe@evil.example'), 250, 'a bounce is of no tenant');

# From one tenant to another; the login's domain counts before MAIL FROM's.
my %outside = (client => '192.0.2.7');
my $rcpt = 'bob@other.test';

is(code(mail(rcpt => [$rcpt]), $rcpt), 550, 'to another tenant of ours');
is(code(mail(rcpt => [$rcpt], more => \%outside), $rcpt), 250,
    'a stranger who uses our domain is not our user');
is(code(mail(rcpt => [$rcpt], from => 'x@home.example',
    more => { %outside, login => 'jane@example.org' }), $rcpt), 550,
    'by the domain of the login');
is(code(mail(rcpt => [$rcpt], more => { %outside, login => 'jane' }), $rcpt),
    550, 'by MAIL FROM when the login has none');
is(code(mail(rcpt => [$rcpt], from => 'x@home.example',
    more => { %outside, login => 'jane' }), $rcpt), 250,
    'of no tenant of ours');

# What the message holds is known at its end.
$sent = mail(rcpt => ['joe@fine.example'],
    body => 'http://phish.example/login');
is($sent->{data}[0], 550, 'a listed link is refused at the end');
like($sent->{data}[1], qr/an entry of kind url/, '... with its kind');

# inbound of both=
Gatepost::Test::write_file($site->dir . '/in.eml',
    "From: rival\@both.example\nSubject: x\n\nx\n");
is($site->json('try', $site->dir . '/in.eml', '--from', 'rival@both.example',
    '--rcpt', 'jane@example.org', '--ip', '192.0.2.7')
    ->{decisions}[0]{action}, 'quarantine', 'direction=both acts inbound');
Gatepost::Test::write_file($site->dir . '/in.eml',
    "From: x\@a.wide.example\nSubject: x\n\nx\n");
is($site->json('try', $site->dir . '/in.eml', '--from', 'x@a.wide.example',
    '--rcpt', 'jane@example.org', '--ip', '192.0.2.7')
    ->{decisions}[0]{action}, 'deliver', 'direction=out does not');

# sendmail(1): never at RCPT, but at the end.
sub pickup {
	my (@rcpts) = @_;
	my $result = $site->run({ stdin => "From: jane\@example.org\n" .
	    "To: x\@y.example\nSubject: local\nMessage-ID: <" . ++$n .
	    "\@out.example>\n\nx\n" }, 'sendmail', '-C',
	    $site->dir . '/postfix/etc', '-f', 'jane@example.org', '-i',
	    @rcpts);

	is($result->{code}, 0, 'sendmail(1) is not refused at RCPT');
	return "$n\@out.example";
}

my $id = pickup('joe@evil.example');
ok(Gatepost::Test::wait_for(20, sub {
	$site->gatepost('why', $id)->{out} =~
	    /For joe\@evil\.example: refused/ }),
    '... it is refused at the end');
ok(Gatepost::Test::wait_for(20, sub {
	grep { /joe\@evil\.example.*your own site/is }
	    $site->mailbox('jane@example.org') }),
    '... and its sender is told by Postfix');
$id = pickup('joe@evil.example', 'joe@fine.example');
ok(Gatepost::Test::wait_for(20, sub {
	$why = $site->gatepost('why', $id)->{out};
	$why =~ /For joe\@evil\.example: held/ }),
    '... of several the listed one is held');
like($why, qr/For joe\@fine\.example: delivered/, '... the other goes out');

# Nobody else would tell its sender.
sub told {
	my ($rcpt) = @_;
	my @all;

	Gatepost::Test::wait_for(15, sub {
		@all = grep { /^Auto-Submitted: auto-generated\r?$/m &&
		    /^Final-Recipient: rfc822; \Q$rcpt\E\r?$/m }
		    $site->mailbox('jane@example.org') });
	return @all;
}

my @notes = told('joe@evil.example');
is(scalar @notes, 1, '... and its sender is told, once');
like($notes[0], qr/^Content-Type: multipart\/report; report-type=delivery-status;/m,
    '... in a form that programs know');
like($notes[0], qr/^Action: failed\r?\nStatus: 5\.7\.1\r?$/m,
    '... that it failed');
unlike($notes[0], qr/^Final-Recipient:.*fine/m, '... for that one alone');
like($notes[0], qr/^  To: joe\@evil\[\.\]example\r?$/m, '... also in words');
my ($item) = $notes[0] =~ /^  Item: (\w{26})\r?$/m;
is($site->gatepost('quarantine', 'show', $item // 'none')->{code}, 0,
    '... by the id that admins find it under');

# A link that is known at the end only, and one of our own who takes it.
$sent = mail(rcpt => ['joe@far.example', 'bob@example.org'],
    body => 'http://phish.example/login');
is($sent->{data}[0], 250, 'a listed link to others and to one of our own');
is(scalar(told('joe@far.example')), 1, '... is held for others, and it is said');
$site->milter_message(from => 'x@home.example', client => '192.0.2.7',
    macros => [ 'mail:auth_authen=jane@example.org' ],
    rcpt => ['joe@away.example', 'bob@example.org'],
    data => "From: x\@home.example\nSubject: away\n\n" .
    "http://phish.example/login\n");
is(scalar(told('joe@away.example')), 1,
    'who writes under another address is told at that of the login');

# A switch to observe refuses nothing, and says so.
$site->gatepost('mode', 'observe');
ok(Gatepost::Test::wait_for(5, sub {
	$sent = mail(rcpt => ['joe@evil.example']);
	code($sent, 'joe@evil.example') == 250 }), 'mode observe lets it go');
ok(Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $sent->{id})->{out} =~
	    /asked for was reject: mode is observe/ }),
    '... and the ledger has what would have been done');

$site->postfix_stop;
$site->stop;
done_testing();
