#!/usr/bin/perl
#
# 855-contrib-dovecot.t -- users of a real Dovecot move mail by IMAP, and that
# is a report or none, with the files of contrib/dovecot as they are

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dovecot;
use Gatepost::Reports qw(phish);
use Gatepost::Test;
use POSIX qw(strftime);
use Test::More;

my $why = Gatepost::Dovecot::missing(qw(lmtp imap
    modules/lib95_imap_sieve_plugin.so
    modules/sieve/lib90_sieve_extprograms_plugin.so));
plan(skip_all => $why) if $why;
Gatepost::Test->need('sievec', 'setpriv');

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $site = Gatepost::Test->new(config => {
    control => { socket => '@DIR@/run/control.sock', mode => '0666' },
    roles => [ { group => 'mail', may => [ 'report.add' ] } ] });

# Like /var/lib/gatepost, it is closed to whom the mail belongs to.
chmod(0750, $site->state_dir);
$site->start;

# --- a private Dovecot, set up as contrib/dovecot/README says ---------------

my $contrib = "$FindBin::Bin/../contrib/dovecot";
my $dovecot = Gatepost::Dovecot->new($site,
    folders => [ qw(Junk Trash Phishing Work) ]);
my $at = $dovecot->at;

mkdir($_) foreach "$at/sieve", "$at/sieve-pipe";
my $conf = Gatepost::Test::read_file("$contrib/95-gatepost.conf");
is($conf =~ s{/usr/local/lib/dovecot/sieve-pipe}{$at/sieve-pipe}g, 1,
    'the settings name the folder of the program');
is($conf =~ s{/etc/dovecot/sieve/}{$at/sieve/}g, 1, '... and the script');
# Where the tests' command is, and a window that no slow machine can miss.
my $program = Gatepost::Test::read_file("$contrib/gatepost-report");
my $command = join(', ', map { "'$_'" }
    Gatepost::Test::program('gatepost'), '-c', $site->config_file);
is($program =~ s/^(my \@gatepost =) \('gatepost'\);$/$1 ($command);/m, 1,
    'the program says which command it runs');
is($program =~ s/^my \$settled = 5;$/my \$settled = 900;/m, 1,
    '... and which mail it leaves alone');
Gatepost::Test::write_file("$at/sieve-pipe/gatepost-report", $program);
chmod(0755, "$at/sieve-pipe/gatepost-report");
Gatepost::Test::write_file("$at/sieve/gatepost.sieve",
    Gatepost::Test::read_file("$contrib/gatepost.sieve"));
# A site's own rule, as Sieve files junk at delivery.
Gatepost::Test::write_file("$at/sieve/junk.sieve", <<'EOF');
require ["fileinto", "mailbox"];
if header :is "X-Spam-Flag" "YES" {
	fileinto :create "Junk";
}
EOF
$dovecot->add_conf(<<"EOF" . $conf);
protocol lmtp {
  mail_plugins = \$mail_plugins sieve
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_before = $at/sieve/junk.sieve
}
EOF
my $run = $site->run('sievec', '-c', $dovecot->config_file,
    "$at/sieve/gatepost.sieve");
is($run->{code}, 0, 'the script compiles') or diag($run->{err});
is($run->{err}, '', '... without a word');
$run = $site->run('sievec', '-c', $dovecot->config_file,
    "$at/sieve/junk.sieve");
is($run->{code}, 0, '... and that of the site, too') or diag($run->{err});
ok($dovecot->start, 'Dovecot listens') or diag($dovecot->log);

# Do LINE as USER, which must be answered well.
sub must {
	my ($user, $line, $octets) = @_;
	my @answer = $dovecot->imap($user, $line, $octets);

	like($answer[-1] // '', qr/^t\d+ OK/, $line =~ s/ \(.*//r)
	    or diag(@answer);
	return @answer;
}

sub put {
	my ($user, $folder, $message) = @_;
	my $number = $dovecot->put($user, $folder, $message);

	ok($number, "a message is in $folder") or diag($dovecot->log);
	return $number;
}

# MESSAGE as it lies in a mailbox: taken by our server SECONDS ago.
sub taken {
	my ($message, $seconds) = @_;

	return "Return-Path: <x\@evil.example>\n" .
	    "Received: from mail.evil.example (mail.evil.example " .
	    "[198.51.100.25])\n\tby mx.example.org (Postfix) with ESMTP id " .
	    "4XyZ; " . strftime('%a, %d %b %Y %H:%M:%S +0000',
	    gmtime(time - $seconds)) . "\n" . $message;
}

# A new message, an hour old; its Message-ID comes with it.
my $count = 0;

sub fresh {
	my ($seconds) = @_;
	my $id = 'moved' . ++$count . '@evil.example';

	return ($id, taken(phish(id => $id, body => "Pay me $id\n"),
	    $seconds // 3600));
}

sub rows { return @{$site->json('report', 'list')->{items}} }

# What is reported of the message ID: "REASON REPORTER".  The IMAP command ends
# after the report, so there is nothing to wait for.
sub of {
	my ($id) = @_;
	my @found = grep { ($_->{message_id} // '') =~ /\Q$id\E/ } rows();

	return join(', ', map { "@{$_->{reasons}} @{$_->{reporters}}" } @found);
}

# --- what is a report -------------------------------------------------------

# From outside by the milter, so that the ledger knows it.
my ($id, $message) = fresh();
my $got = $site->milter_message(from => 'x@evil.example', rcpt => [ $alice ],
    client => '198.51.100.25', data => $message);
my ($ours) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @{$got->{edits}};
Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $ours)->{code} == 0 });
my $uid_of = put($alice, 'INBOX', "X-Gatepost-Id: $ours\n$message");
must($alice, "UID MOVE $uid_of Junk");
is(of($id), "junk $alice", 'MOVE to Junk reports junk');
my ($row) = rows();
is($row->{via}, 'control', '... by the control socket');
is($row->{message}, $ours, '... and the ledger knows which message it was');
like(join('', must($alice, 'STATUS Junk (MESSAGES)')), qr/MESSAGES 1\b/,
    '... which is where the user put it');

# An old program's way to move.
($id, $message) = fresh();
$uid_of = put($bob, 'INBOX', $message);
must($bob, "UID COPY $uid_of Junk");
must($bob, "UID STORE $uid_of +FLAGS.SILENT (\\Deleted)");
must($bob, 'EXPUNGE');
is(of($id), "junk $bob", 'COPY and EXPUNGE report junk, once');

($id, $message) = fresh();
$uid_of = put($alice, 'Junk', $message);
must($alice, "UID MOVE $uid_of INBOX");
is(of($id), "not-junk $alice", 'out of Junk to INBOX: not junk');
($id, $message) = fresh();
$uid_of = put($alice, 'Junk', $message);
must($alice, "UID MOVE $uid_of Work");
is(of($id), "not-junk $alice", '... to another folder, too');

($id, $message) = fresh();
$uid_of = put($alice, 'INBOX', $message);
must($alice, "UID STORE $uid_of +FLAGS (\$Phishing)");
is(of($id), "phish $alice", '$Phishing reports phish');
must($alice, "UID STORE $uid_of +FLAGS (\\Flagged)");
must($alice, "UID MOVE $uid_of Junk");
is(of($id), "phish $alice", '... which it stays when put away');
($id, $message) = fresh();
$uid_of = put($alice, 'Junk', $message);
must($alice, "UID STORE $uid_of +FLAGS (\\Seen \$Phishing)");
is(of($id), "phish $alice", '... in Junk as well');
($id, $message) = fresh();
$uid_of = put($alice, 'INBOX', $message);
must($alice, "UID MOVE $uid_of Phishing");
is(of($id), "phish $alice", 'the folder Phishing reports phish');
($id, $message) = fresh();
$uid_of = put($alice, 'Junk', $message);
must($alice, "UID MOVE $uid_of Phishing");
is(of($id), "phish $alice", '... also from Junk');

# --- what is none -----------------------------------------------------------

my $before = () = rows();
for my $case ([ 'Junk', 'UID MOVE %u Trash' ], [ 'INBOX', 'UID MOVE %u Trash' ],
    [ 'Phishing', 'UID MOVE %u Trash' ], [ 'INBOX', 'UID MOVE %u Work' ],
    [ 'Trash', 'UID MOVE %u INBOX' ], [ 'Junk', 'UID COPY %u Junk' ],
    [ 'INBOX', 'UID STORE %u +FLAGS (\Seen)' ],
    [ 'INBOX', 'UID STORE %u +FLAGS ($NotPhishing)' ],
    [ 'Junk', 'UID STORE %u +FLAGS (\Deleted)', 'EXPUNGE' ]) {
	my ($folder, @lines) = @$case;

	($id, $message) = fresh();
	$uid_of = put($alice, $folder, $message);
	must($alice, s/%u/$uid_of/r) foreach @lines;
	is(of($id), '', "$folder, $lines[0]: no report");
}
($id, $message) = fresh();
$uid_of = put($alice, 'INBOX', $message);
$dovecot->put($alice, 'Junk', $message);
is(of($id), '', 'APPEND to Junk is not a move');

# A program's deed: so soon after it came nobody has read it.
($id, $message) = fresh(1);
$uid_of = put($alice, 'INBOX', $message);
must($alice, "UID MOVE $uid_of Junk");
is(of($id), '', 'moved right after delivery: no report');
# But nobody hides a message by what he writes further down.
($id, $message) = fresh();
my (undef, $more) = fresh(1);
($more) = $more =~ /^(Received: .*?^\tby .*?\n)/ms;
$message =~ s/^(From: )/$more$1/m;
$uid_of = put($alice, 'INBOX', $message);
must($alice, "UID MOVE $uid_of Junk");
is(of($id), "junk $alice", 'an older Received says nothing of that');

# Sieve files it at delivery.
($id, $message) = fresh();
like($dovecot->lmtp($bob, "X-Spam-Flag: YES\n" . $message), qr/^250/,
    'delivered with a junk header');
like(join('', must($bob, 'STATUS Junk (MESSAGES)')), qr/MESSAGES 2\b/,
    '... into Junk, by Sieve');
is(of($id), '', '... which is no report');
must($bob, 'SELECT Junk');
must($bob, 'MOVE 2 INBOX');
is(of($id), '', 'moved on within seconds of that: none either');
is(scalar(rows()), $before + 1, 'nothing else was reported in all that');

# --- nothing that goes wrong is the user's ----------------------------------

# Names are words, not commands or options.
($id, $message) = fresh();
my $odd = '-x$pwd&`pwd`|\'@example.org';
$uid_of = put($odd, 'INBOX', $message);
must($odd, "UID MOVE $uid_of Junk");
is(of($id), "junk $odd", 'an odd user is a user');

# The program alone: what it takes, and that it always ends well.  prove(1)
# names folders that its user may not be able to enter.
sub program {
	my ($input, @words) = @_;

	return $site->run({ stdin => $input }, 'env', '-u', 'PERL5LIB',
	    'setpriv', "--reuid=" . $dovecot->uid, '--regid=' . $dovecot->gid, '--clear-groups',
	    "$at/sieve-pipe/gatepost-report", @words);
}

for my $case ([ 'no words', $message ],
    [ 'a reason that is none', $message, 'spam', $alice ],
    [ 'no user', $message, 'junk', '' ], [ 'no message', '', 'junk', $alice ],
    [ 'a user whom nobody knows', $message, 'junk', 'nobody' ],
    [ 'an option for a user', $message, 'junk', '--tenant' ],
    [ 'too large', $message . ('x' x 78 . "\n") x (350 * 1024), 'junk',
	$alice ]) {
	my ($name, @call) = @$case;
	my $count = () = rows();

	$run = program(@call);
	is($run->{code}, 0, "$name: ends well");
	like($run->{err}, qr/^gatepost-report: \w/m, '... and says why');
	is(scalar(rows()), $count, '... without a report');
}
($id, $message) = fresh();
$message =~ s/; \w{3}, \d+/; Xyz, 99/;
is(program($message, 'junk', $alice)->{err}, '', 'a day that there is not');
is(of($id), "junk $alice", '... is no reason to leave it');

$site->stop;
($id, $message) = fresh();
$uid_of = put($alice, 'INBOX', $message);
must($alice, "UID MOVE $uid_of Junk");
like($dovecot->log,
    qr/gatepost-report: not reported for \Q$alice\E as junk/,
    'without the daemon the mail moves, and the log has it');

$dovecot->stop;
done_testing();
