# Gatepost::Reports -- mail as users' programs make it of a message that they
# report
#
#	my $mail = Gatepost::Reports::carrier(attached => $message, ...);
package Gatepost::Reports;

use strict;
use warnings;

use Exporter qw(import);
use Gatepost::Test ();
use MIME::Base64 ();

our @EXPORT_OK = qw(carrier phish report_rows worked_off zip_of);

my $number = 0;

# A message that a stranger sends; %arg: from, subject, id, body.
sub phish {
	my (%arg) = @_;
	my $from = $arg{from} || 'x@evil.example';
	my $id = $arg{id} || 'phish' . ++$number . '@evil.example';
	my $subject = $arg{subject} || "Pay now $number";
	my $body = $arg{body} || "Dear customer,\npay at http://evil.example/" .
	    "$number\n";

	return "From: Your Bank <$from>\nTo: alice\@example.org\n" .
	    "Subject: $subject\nMessage-ID: <$id>\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\n\n$body";
}

# Has SITE worked off all reports that came, within SECONDS?  What a crash left
# half written is no report: of FILES "*.json" are those that are.
sub worked_off {
	my ($site, $seconds, $files) = @_;

	return Gatepost::Test::wait_for($seconds || 20, sub {
		my @left = glob($site->state_dir . '/reports/new/' .
		    ($files || '*'));

		@left == 0;
	});
}

# The rows of SITE's listing, of all that came.
sub report_rows {
	my ($site, @filter) = @_;

	worked_off($site);
	return @{$site->json('report', 'list', @filter)->{items}};
}

# A zip with stored members, by the format's own description.
sub zip_of {
	my (%files) = @_;
	my ($out, $directory, $count) = ('', '', 0);

	foreach my $name (sort keys %files) {
		my $data = $files{$name};
		my $crc = _crc32($data);
		my $at = length($out);

		$out .= pack('VvvvvvVVVvv', 0x04034b50, 20, 0, 0, 0, 0, $crc,
		    length($data), length($data), length($name), 0) . $name .
		    $data;
		$directory .= pack('VvvvvvvVVVvvvvvVV', 0x02014b50, 20, 20, 0,
		    0, 0, 0, $crc, length($data), length($data),
		    length($name), 0, 0, 0, 0, 0, $at) . $name;
		$count++;
	}
	return $out . $directory . pack('VvvvvVVv', 0x06054b50, 0, 0, $count,
	    $count, length($directory), length($out), 0);
}

sub _crc32 {
	my ($data) = @_;
	my $crc = 0xffffffff;

	foreach my $octet (unpack('C*', $data)) {
		$crc ^= $octet;
		$crc = $crc & 1 ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1
		    for 1 .. 8;
	}
	return $crc ^ 0xffffffff;
}

sub _file {
	my ($type, $name, $data) = @_;

	return "Content-Type: $type" . ($name ? "; name=\"$name\"" : '') .
	    "\nContent-Transfer-Encoding: base64\n" .
	    "Content-Disposition: attachment" .
	    ($name ? "; filename=\"$name\"" : '') . "\n\n" .
	    MIME::Base64::encode_base64($data);
}

# A part for each form of a report of MESSAGE.
my %forms = (
	attached => sub {
		return "Content-Type: message/rfc822\n\n$_[0]" },
	encoded => sub {
		return "Content-Type: message/rfc822\n" .
		    "Content-Transfer-Encoding: base64\n\n" .
		    MIME::Base64::encode_base64($_[0]) },
	eml => sub { return _file('message/rfc822', 'mail.eml', $_[0]) },
	'octets' => sub {
		return _file('application/octet-stream', 'mail.EML', $_[0]) },
	nameless => sub {
		return _file('application/octet-stream', '', $_[0]) },
	zip => sub {
		return _file('application/zip', 'mail.zip',
		    zip_of('readme.txt' => "hello\n", 'mail.eml' => $_[0])) },
	zipzip => sub {
		return _file('application/zip', 'mail.zip', zip_of('in.zip' =>
		    zip_of('mail.eml' => $_[0]))) },
	msg => sub {
		return _file('application/vnd.ms-outlook', 'Pay now.msg',
		    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" . $_[0]) },
);

# The mail of a user: { from, to, subject, fields, form, message, messages,
# text }.
sub carrier {
	my (%arg) = @_;
	my $form = $arg{form} || 'attached';
	my $head = "From: <$arg{from}>\nTo: <$arg{to}>\nSubject: " .
	    (defined $arg{subject} ? $arg{subject} : 'Fwd: odd') .
	    "\nMessage-ID: <report" . ++$number . "\@client>\n" .
	    "Date: Sat, 21 Nov 2026 11:00:00 +0000\n" .
	    ($arg{fields} || '') . "MIME-Version: 1.0\n";
	my $text = defined $arg{text} ? $arg{text} : "please look\n";
	my @messages = @{$arg{messages} || [ $arg{message} ]};

	return "$head\n$text" if $form eq 'text';
	return $head . "Content-Type: text/html; charset=utf-8\n\n$text"
	    if $form eq 'html';
	if ($form eq 'arf') {
		return $head . "Content-Type: multipart/report; " .
		    "report-type=feedback-report; boundary=\"bb\"\n\n--bb\n" .
		    "Content-Type: text/plain\n\nAn abuse report.\n" .
		    "--bb\nContent-Type: message/feedback-report\n\n" .
		    "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n" .
		    "Original-Mail-From: <bounce\@evil.example>\n\n" .
		    "--bb\nContent-Type: message/rfc822\n\n$messages[0]" .
		    "\n--bb--\n";
	}
	return $head . "Content-Type: multipart/mixed; boundary=\"bb\"\n\n" .
	    "--bb\nContent-Type: text/plain; charset=utf-8\n\n$text" .
	    join('', map { "\n--bb\n" . $forms{$form}->($_) } @messages) .
	    "\n--bb--\n";
}

1;
