#!/usr/bin/perl
#
# 640-quarantine-request.t -- who is told by mail of a request and its answer

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $alice = 'alice@example.org';
my @admins = ('admin@example.org', 'second@ops.example');
my $site = Gatepost::Test->new(tenant => { admins => \@admins,
    alerts => { window => 0 },
    quarantine => { rights => { block_sender => 'limited' } } },
    lists => { example => "block sender evil.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');

$site->write_config(release => { smtp => $sink->place });
$site->start;

my $number = 0;
sub hold {
	my (%arg) = @_;
	my %before = map { $_->{id} => 1 }
	    @{$site->json('quarantine', 'list')->{items}};

	$site->milter_message(from => 'x@evil.example', rcpt => [ $alice ],
	    client => '198.51.100.25', data => "From: x\@evil.example\n" .
	    'Subject: ' . ($arg{subject} || 'hello') . "\nMessage-ID: <" .
	    ++$number . "\@x>\n\ntext\n", %arg{grep { $_ ne 'subject' }
	    keys %arg});
	return (grep { !$before{$_} } map { $_->{id} }
	    @{$site->json('quarantine', 'list')->{items}})[0];
}

sub to {
	my ($rcpt) = @_;

	return grep { $_->{rcpt}[0] =~ /^TO:<\Q$rcpt\E>/ } $sink->mails;
}

my $subject = '=?utf-8?q?See_http://phish=2Eexample/x=0D=0ABcc:_a' .
    '=E2=80=AEb?=';
my $id = hold(subject => $subject);
my $run = $site->gatepost('quarantine', 'request', $id, '--rcpt', $alice,
    '--as-user', '--by', $alice, '--reason', 'a friend of www.phish.example');
is($run->{code}, 0, 'a request') or diag($run->{err});
is(scalar($sink->mails), 2, 'the admins are told, and nobody else');
for my $admin (@admins) {
	my ($mail) = to($admin);

	ok($mail, "... $admin") or next;
	like($mail->{mail}, qr/^FROM:<>/, '... from the null sender');
	like($mail->{data}, qr/^Auto-Submitted: auto-generated\r$/m,
	    '... by no person');
	like($mail->{data}, qr/^  gatepost quarantine approve $id --rcpt '\Q$alice\E'\r$/m,
	    '... with the command to approve');
	like($mail->{data}, qr/^  gatepost quarantine deny $id --rcpt /m,
	    '... and to deny');
	like($mail->{data}, qr/^  Held for   block_sender\r$/m,
	    '... the reason');
	like($mail->{data}, qr/^  He says .*a friend of www\[\.\]phish/m,
	    '... and what the user says');
}
my ($mail) = to($admins[0]);
my ($head, $text) = split(/\r\n\r\n/, $mail->{data}, 2);
unlike($head, qr/phish|Bcc/, 'nothing of a stranger stands in the header');
unlike($text, qr/^Bcc/m, 'his subject makes no line of its own');
unlike($text, qr{http://|phish\.example}, '... and no link');
unlike($text, qr/\xe2\x80\xae/, '... nor turns the text around');

$sink->forget;
is($site->gatepost('quarantine', 'deny', $id, '--rcpt', $alice, '--reason',
    'It is phishing')->{code}, 0, 'denied');
is(scalar($sink->mails), 1, 'one notice');
($mail) = to($alice);
ok($mail, '... to the user');
like($mail->{data}, qr/decided not to release it/, '... what was decided');
like($mail->{data}, qr/^  Reason: It is phishing\r$/m, '... and why');
unlike($mail->{data}, qr{http://|gatepost quarantine}, '... without links '
    . 'and commands');

$sink->forget;
is($site->gatepost('quarantine', 'approve', $id)->{code}, 0,
    'approved after all');
my @got = to($alice);
is(scalar @got, 2, 'the user gets the message and a notice');
is(scalar(grep { $_->{data} =~ /^X-Gatepost-Id: $id\r$/m } @got), 1,
    '... the message');
is(scalar(grep { $_->{data} =~ /^Subject: .*was granted\r$/m } @got), 1,
    '... and the answer');

# Nobody asked: nobody is told.
$sink->forget;
my $other = hold();
$site->gatepost('quarantine', 'release', $other);
is(scalar($sink->mails), 1, 'a release that nobody asked for is one mail');

# Whoever asked is answered, also when the message goes another way.
my $gone = hold();
$site->gatepost('quarantine', 'request', $gone);
$sink->forget;
$site->gatepost('quarantine', 'delete', $gone, '--reason', 'A worm');
($mail) = to($alice);
like($mail->{data} // '', qr/^Subject: .*was denied\r$/m,
    'a request whose message an admin deletes is denied');
like($mail->{data} // '', qr/^  Reason: A worm\r$/m, '... with the reason');
$gone = hold();
$site->gatepost('quarantine', 'request', $gone);
$sink->forget;
$site->gatepost('quarantine', 'delete', $gone, '--as-user', '--rcpt', $alice);
is(scalar(to($alice)), 0, 'who deletes it himself is told nothing');
SKIP: {
	skip('no faketime', 3) unless
	    defined Gatepost::Test::installed('faketime');
	$gone = hold();
	$site->gatepost('quarantine', 'request', $gone);
	$sink->forget;
	$site->run('faketime', '-f', '+31d',
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'sweep');
	my @end = grep { $_->{data} =~ /^  Item: $gone\r$/m } to($alice);
	is(scalar @end, 1, 'a request that nobody decided is answered, once');
	like($end[0]{data}, qr/Nobody decided on a message/, '... by that');
	is((grep { $_->{id} eq $gone } @{$site->json('quarantine',
	    'list')->{items}})[0]{state}, 'expired', '... when it expires');
}

# A recipient is a stranger's choice too: what stands there is no command.
my $bad = hold(rcpt => [ q{"$(reboot)';`id`"@example.org} ]);
ok($bad, 'mail to an odd recipient is held') and do {
	$sink->forget;
	$site->gatepost('quarantine', 'request', $bad);
	($mail) = to($admins[0]);
	my ($line) = $mail->{data} =~ /^  (gatepost quarantine approve.*)\r$/m;
	my $shell = $site->run('/bin/sh', '-c', "set -- $line; printf '%s' " .
	    '"$6"');
	is($shell->{out}, q{"$(reboot)';`id`"@example.org},
	    'a shell takes it for one word');
};

# The MTA takes no notice: the request stands, and the admin is told so.
$sink->stop;
my $third = hold();
$run = $site->gatepost('quarantine', 'request', $third);
is($run->{code}, 0, 'a request while the MTA is away');
like($run->{err}, qr/notice-failed/, '... says that nobody was told');
is($site->json('quarantine', 'list', '--state', 'requested', '--subject',
    'hello')->{items}[-1]{id}, $third, '... and stands');

$site->stop;
done_testing();
