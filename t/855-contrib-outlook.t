#!/usr/bin/perl
#
# 855-contrib-outlook.t -- what contrib/outlook tells users to do is
# understood: mail in the forms that Outlook sends

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish);
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $alice = 'alice@example.org';
my $readme = Gatepost::Test::read_file(
    "$FindBin::Bin/../contrib/outlook/README");
# The addresses are those that the page says to set.
my ($block) = $readme =~ /^    reports = \{(.*?)\};/ms;
my %reports = ($block // '') =~ /(\w+) = "([^"]+)";/g;
is_deeply([sort keys %reports], [sort qw(phish junk not_junk block)],
    'the page has an address for each report');

my $site = Gatepost::Test->new(tenant => { reports => { %reports,
    address => 'report@example.org' } });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
$site->write_config(release => { smtp => $sink->place });
$site->start;

# Send what Outlook made of a message to TO.
sub forward {
	my ($to, %arg) = @_;

	$site->milter_message(from => $alice, rcpt => [ $to ],
	    client => '203.0.113.9', macros => [ "mail:auth_authen=$alice" ],
	    data => carrier(from => $alice, to => $to, fields =>
		"X-Mailer: Microsoft Outlook 16.0\n", %arg));
}

# The same; the row of its report, by the message's SUBJECT.
sub report {
	my ($to, $subject, %arg) = @_;
	my $row;

	forward($to, %arg);
	Gatepost::Test::wait_for(20, sub {
		($row) = grep { ($_->{subject} // '') eq $subject }
		    @{$site->json('report', 'list')->{items}};
	});
	return $row || {};
}

sub as {
	my ($row) = @_;

	return join(' ', @{$row->{reasons} || []}, $row->{form} // 'none');
}

my $number = 0;
for my $case ([ 'phish', 'phish' ], [ 'junk', 'junk' ],
    [ 'not_junk', 'not-junk' ]) {
	my ($setting, $reason) = @$case;
	my $subject = "Offer $setting";

	is(as(report($reports{$setting}, $subject,
	    message => phish(subject => $subject, body => "$subject\n"))),
	    "$reason attached", "a Quick Step to $reports{$setting}");
}
is(as(report($reports{junk}, 'Offer octets', form => 'eml', message =>
    phish(subject => 'Offer octets', body => "octets\n"))), 'junk attached',
    'dragged into a new mail');

# As Outlook writes it above the text that it forwards.
for my $case ([ 'From', 'Sent', 'To', 'Subject', 'English' ],
    [ 'Von', 'Gesendet', 'An', 'Betreff', 'German' ],
    [ 'De', "Envoy\xc3\xa9", "\xc3\x80", 'Objet', 'French' ]) {
	my ($from, $sent, $to, $name, $language) = @$case;
	my $subject = "Offer in $language";

	is(as(report($reports{junk}, $subject, form => 'text',
	    fields => "Content-Type: text/plain; charset=utf-8\n",
	    text => "look\n\n$from: Bank <x\@evil.example>\n" .
	    "$sent: Saturday, 21 November 2026 10:00\n$to: $alice\n" .
	    "$name: $subject\n\nPay at http://evil.example/\n")),
	    'junk inline', "a plain Forward, in $language");
}

# Other makers' buttons.
for my $case ([ '3|', 'phish' ], [ 'Phishing:', 'phish' ], [ '1|', 'junk' ],
    [ 'Junk:', 'junk' ], [ '2|', 'not-junk' ], [ 'Not junk:', 'not-junk' ]) {
	my ($prefix, $reason) = @$case;
	my $subject = 'Offer ' . ++$number;

	is(as(report('report@example.org', $subject,
	    subject => "${prefix}ignored", message => phish(
	    subject => $subject, body => "$subject\n"))), "$reason attached",
	    "one address for all, and the subject $prefix");
}

# A saved file is kept, and answered.
my $answer;
forward($reports{phish}, form => 'msg', message => 'x');
ok(Gatepost::Test::wait_for(20, sub {
	($answer) = grep { $_->{rcpt}[0] =~ /\Q$alice\E/ } $sink->mails;
}), 'a file .msg is answered');
like($answer->{data}, qr/attach/, '... with how to forward as an attachment');
ok((grep { $_->{form} eq 'outlook' }
    @{$site->json('report', 'list')->{items}}), '... and kept');

# The same message, reported by its move as well.
my $message = phish(subject => 'Twice', body => "Twice\n");
report($reports{junk}, 'Twice', message => $message);
is($site->gatepost({ stdin => $message }, 'report', 'add', '--as', 'junk',
    '--user', $alice, '-')->{code}, 0, 'a mail, and a move of the same');
is(join(' ', map { scalar @{$_->{reporters}} } grep {
	($_->{subject} // '') eq 'Twice' }
    @{$site->json('report', 'list')->{items}}), '1',
    '... are one message with one reporter');

$site->stop;
done_testing();
