#!/usr/bin/perl
#
# 850-contrib-postfix.t -- the lines that we give out for Postfix do work

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need(qw(root postfix));

my $contrib = "$FindBin::Bin/../contrib/postfix";
my $port = Gatepost::Test::free_port();
my $site = Gatepost::Test->new;
my ($socket) = $site->socket =~ /^unix:(.*)/;
my $main = Gatepost::Test::read_file("$contrib/main.cf");
my $master = Gatepost::Test::read_file("$contrib/master.cf");

ok($main =~ s{unix:/run/gatepost/milter\.sock}{unix:$socket},
    'main.cf names the default socket');
ok($master =~ s{^127\.0\.0\.1:10026 }{127.0.0.1:$port }m,
    'master.cf has the listener for released mail');

$site->start;
$site->postfix_start(main_text => $main, master => $master, check => 1);
pass('Postfix takes both');

my $result = $site->postfix_run('postconf', '-n');
is($result->{err}, '', 'postconf knows every setting of main.cf');
$result = $site->postfix_run('postconf', '-M');
is($result->{err}, '', 'postconf has no complaint about master.cf');
$result = $site->postfix_run('postconf', '-h', 'milter_default_action',
    'smtpd_forbid_bare_newline');
is($result->{out}, "tempfail\nnormalize\n", 'nothing is let through blindly');

# A mail from outside passes the milter.
my $mail = "From: a\@client.example\nTo: jane\@example.org\n" .
    "Subject: %s\nMessage-ID: <%s\@client.example>\n\nA mail.\n";
my %outside = (client => '198.51.100.25', client_name =>
    'mail.client.example', from => 'a@client.example');
my $answer = $site->smtp(%outside, rcpt => ['jane@example.org'],
    data => sprintf($mail, 'first', 'first'));
is($answer->{data}[0], 250, 'a mail from outside is taken');
my @box = $site->wait_mailbox('jane@example.org', 1);
is(scalar(@box), 1, '... and delivered');
like($box[0] || '', qr/^X-Gatepost-Id: /m, '... through Gatepost');

# The listener for released mail asks no milter.
$answer = $site->smtp(port => $port, rcpt => ['joe@example.org'],
    data => sprintf($mail, 'second', 'second'));
is($answer->{data}[0], 250, 'the other listener takes mail of this host');
@box = $site->wait_mailbox('joe@example.org', 1);
is(scalar(@box), 1, '... which is delivered');
unlike($box[0] || 'X-Gatepost-Id: ', qr/^X-Gatepost-Id: /m,
    '... around Gatepost');
like($site->mail_log, qr{postfix/gatepost/smtpd}, '... and logged as such');
$answer = $site->smtp(%outside, port => $port, rcpt => ['joe@example.org'],
    data => sprintf($mail, 'third', 'third'));
is($answer->{connect}[0], 554, 'nobody else may use that listener');
ok(!$answer->{data}, '... and no mail of others gets in by it');

# One mail does not hide another behind a bare newline.
$answer = $site->smtp(%outside, rcpt => ['kim@example.org'],
    raw => "Subject: outer\r\n\r\nx\n.\nMAIL FROM:<root\@example.org>\r\n" .
    "RCPT TO:<kim\@example.org>\r\nDATA\r\nSubject: inner\r\n\r\ny\r\n");
$site->queue_empty(10);
@box = $site->mailbox('kim@example.org');
cmp_ok(scalar(@box), '<=', 1, 'no second mail is smuggled in');
is(scalar(grep { /^Return-Path: <root\@example\.org>/ } @box), 0,
    '... in another\'s name');

# Without the daemon, mail waits.
$site->stop;
$answer = $site->smtp(%outside, rcpt => ['jane@example.org'],
    data => sprintf($mail, 'fourth', 'fourth'));
like(join(' ', map { $_->[0] } $answer->{mail}, values %{$answer->{rcpt}}),
    qr/\b451\b/, 'with the daemon away the answer is "later"');

done_testing;
