#!/usr/bin/perl
#
# 650-outbox.t -- recipients who differ in tag or junk get copies of their own

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my ($alice, $bob, $carol) = map { "$_\@example.org" } qw(alice bob carol);
my $site = Gatepost::Test->new(
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@',
	timeout => 2 } },
    tenant => { subject_tag => '[suspect]' },
    lists => { example => <<"EOT" });
block sender half.example action=junk for=$alice
block sender third.example action=junk for=$alice
block sender third.example action=tag for=$bob
block sender mixed.example action=junk for=$alice
block sender mixed.example action=quarantine for=$bob
EOT
my $number = 0;

$site->start;
$site->postfix_start;

sub mail {
	my ($from, @rcpt) = @_;
	my $subject = 'mail ' . ++$number;

	$site->smtp(from => $from, rcpt => \@rcpt,
	    client => '198.51.100.7', raw => 'From: ' . ($from =~
	    /([\w.]+@[\w.]+)/)[0] . "\r\nSubject: $subject\r\n" .
	    "Message-ID: <m$number\@x>\r\nX-Gatepost-Verdict: forged\r\n" .
	    "\r\n.dot\r\n8-bit \xc3\xa9 $subject\r\n");
	return $subject;
}

sub got {
	my ($rcpt, $subject, $seconds) = @_;
	my $copy;

	Gatepost::Test::wait_for($seconds // 10, sub {
		($copy) = grep { /^Subject: .*\Q$subject\E$/m }
		    $site->mailbox($rcpt);
	});
	return $copy;
}

sub outbox { return @{$site->json('outbox', 'list')->{items}} }

# --- two ways ---

my $subject = mail('x@half.example', $alice, $bob);
my $hers = got($alice, $subject);
my $his = got($bob, $subject);
like($hers, qr/^X-Spam-Flag: YES$/m, 'she has it as junk');
like($hers, qr/^X-Gatepost-Verdict: .*action=junk/m, '... and why');
unlike($his, qr/^X-Spam-Flag/m, 'he has it plain');
unlike($his =~ s/half\.example//gr, qr/junk|half|alice|outbox/i,
    '... without a word of hers');
like($his, qr/^X-Gatepost-Verdict: clean; action=deliver$/m,
    '... with his own verdict');
unlike($hers . $his, qr/forged/, 'the forged field is gone from both');
like($hers, qr/^Return-Path: <x\@half\.example>$/m, 'the sender is kept');
like($hers, qr/\n\n\.dot\n8-bit \xc3\xa9 \Q$subject\E\n/, '... and the body');
like($hers, qr/^Received: from .*198\.51\.100\.7.*\n\tby .*Gatepost outbox/m,
    '... and whose client it was');
is(scalar(grep { /\Q$subject\E$/m } $site->mailbox($alice),
    $site->mailbox($bob)), 2, 'each has it once');
Gatepost::Test::wait_for(5, sub { !outbox() });
is(scalar(outbox()), 0, 'the outbox is empty again');
ok($site->wait_log(qr/outbox-sent item=\w{26} tries=1/, 5),
    '... and the log says so');
my ($id) = $hers =~ /^X-Gatepost-Id: (\w+)$/m;
Gatepost::Test::wait_for(5, sub {
	$site->gatepost('why', $id)->{code} == 0;
});
my ($decision) = grep { $_->{rcpt} eq $alice } @{$site->json('why',
    $id)->{decisions}};
is($decision->{action}, 'junk', 'the ledger has what was done');
like($decision->{outbox}, qr/^\w{26}$/, '... and which way');
like($site->gatepost('why', $id)->{out}, qr/went by the outbox/,
    '... and why tells it');

# --- three ways, and one held ---

$subject = mail('x@third.example', $alice, $bob, $carol);
like(got($alice, $subject), qr/^X-Spam-Flag: YES$/m, 'three ways: junk');
like(got($bob, $subject), qr/^Subject: \[suspect\] \Q$subject\E$/m,
    '... tag, with its subject');
like(got($carol, $subject), qr/^Subject: \Q$subject\E$/m, '... and plain');
$subject = mail('x@mixed.example', $alice, $bob, $carol);
like(got($alice, $subject), qr/^X-Spam-Flag: YES$/m, 'beside a held one');
unlike(got($carol, $subject) // 'X-Spam-Flag', qr/^X-Spam-Flag/m,
    '... and a plain one');
is(scalar(grep { /\Q$subject\E$/m } $site->mailbox($bob)), 0,
    '... which is held');

# --- the envelope ---

my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
$site->write_config(release => { smtp => $sink->place, timeout => 2 });
$site->reload;
$site->wait_log(qr/in-force.*in-force/s, 5);
$subject = mail('<x@half.example> RET=HDRS ENVID=QQ+2B1',
    "<Alice\@Example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb\@c.example",
    $bob);
Gatepost::Test::wait_for(10, sub { scalar $sink->mails });
my ($mail) = $sink->mails;
like($mail->{mail}, qr/^FROM:<x\@half\.example>/, 'MAIL is kept');
like($mail->{mail}, qr/ RET=HDRS/, '... RET');
like($mail->{mail}, qr/ ENVID=QQ\+2B1/, '... ENVID');
like($mail->{mail}, qr/ BODY=8BITMIME/, '... BODY');
is_deeply($mail->{rcpt}, ['TO:<Alice@Example.org> ' .
    'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@c.example'],
    'RCPT is kept with NOTIFY and ORCPT');
$sink->forget;
$subject = mail('x@half.example', "<$alice> NOTIFY=NEVER", $bob);
Gatepost::Test::wait_for(10, sub { scalar $sink->mails });
is(($sink->mails)[0]{rcpt}[0], "TO:<$alice> NOTIFY=NEVER",
    'NOTIFY=NEVER stays never');

# --- an MTA that fails, and a crash ---

$sink->stop;
$subject = mail('x@half.example', $alice, $bob);
ok(got($bob, $subject), 'the others have theirs while the listener is away');
Gatepost::Test::wait_for(5, sub { grep { $_->{tries} > 0 } outbox() });
my ($item) = outbox();
ok($item, 'the copy stays in the outbox');
like($item->{fault}, qr/connect/i, '... with the reason');
is($item->{rcpts}[0]{rcpt}, $alice, '... and whose it is');
ok($site->wait_log(qr/outbox-later item=$item->{id} tries=1 next=\S+ reason=/,
    5), '... and the log says when it is tried again');
my $run = $site->gatepost('outbox', 'send');
is($run->{code}, 75, 'trying it now: exit 75');
like($run->{out}, qr/sent 0 items, 1 are left/, '... and how many are left');
kill('KILL', $site->front_pid);
$sink = Gatepost::Sink->new(folder => $site->dir . '/sink2');
$site->write_config(release => { smtp => $sink->place, timeout => 2 });
$site->reload;
ok(Gatepost::Test::wait_for(30, sub { scalar $sink->mails }),
    'after a crash it is sent') or diag($site->log_tail);
like(($sink->mails)[0]{data}, qr/^X-Spam-Flag: YES\r$/m, '... as it was');
is(scalar($sink->mails), 1, '... once');

# --- a damaged item, and one that is given up ---

$sink->stop;
mail('x@half.example', $alice, $bob);
mail('x@half.example', $alice, $bob);
Gatepost::Test::wait_for(10, sub { 2 == grep { $_->{tries} > 0 } outbox() });
my ($first, $second) = map { $_->{id} } outbox();
my $file = $site->state_dir . "/outbox/new/$first.eml";
my $bytes = Gatepost::Test::read_file($file);
substr($bytes, 100, 1) ^= "\x01";
Gatepost::Test::write_file($file, $bytes);
is($site->gatepost('outbox', 'delete', $second)->{code}, 0, 'one is given up');
is(join(' ', map { $_->{id} } outbox()), $first, '... and gone');
$sink = Gatepost::Sink->new(folder => $site->dir . '/sink3');
$site->write_config(release => { smtp => $sink->place, timeout => 2 });
$run = $site->gatepost('outbox', 'send');
is($run->{code}, 75, 'a damaged one is not sent');
like($run->{err}, qr/damaged/, '... and why');
is(scalar($sink->mails), 0, '... nothing was');

# --- no listener: the mildest for all, and check says so ---

$sink->stop;
my $plain = Gatepost::Test->new;
like($plain->gatepost('check')->{out}, qr/release\.smtp is not set.*mildest/s,
    'without a listener check says what that means');
$plain = Gatepost::Test->new(lists => { example =>
    "block sender half.example action=junk for=$alice\n" });
$plain->start;
my $answer = $plain->milter_message(from => 'x@half.example',
    rcpt => [ $alice, $bob ], client => '198.51.100.7',
    data => "From: x\@half.example\nSubject: x\n\nx\n");
is(scalar(grep { $_->[1] eq 'X-Spam-Flag' || $_->[0] =~ /rcpt/ }
    grep { ref } @{$answer->{edits}}), 0,
    '... the mildest marking is used for all, and nobody is taken off')
    or diag(explain($answer));
like($plain->log, qr/rcpt=\Q$alice\E action=deliver asked=junk/,
    '... and the log says what was asked');
$plain->stop;
unlike($site->gatepost('check')->{out}, qr/mildest/, '... and with one not');

$site->postfix_stop;
$site->stop;
done_testing();
