package Gatepost::Token;

# Tokens by the words of service/token.c's comment, made and changed by a test.
#
#	token($site, tenant, rcpt, item, deed, until) -- "GP1-...", signed by
#	the newest key of the site; deed is a name of %deeds, until seconds
#	tokens_of($mail) -- the tokens of a digest, { deed => [ token, ... ] }

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);
use Gatepost::Test;
use MIME::QuotedPrint ();

our @EXPORT_OK = qw(token tokens_of parts_of);

my $digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
my %deeds;
@deeds{qw(release request delete preview not-junk phish allow block block-junk
    block-quarantine block-reject block-discard)} = 1 .. 12;

sub bits { return join('', map { sprintf('%05b', index($digits, $_)) }
    split(//, $_[0])) }

sub token {
	my ($site, $tenant, $rcpt, $item, $deed, $until) = @_;
	my ($line) = split(/\n/,
	    Gatepost::Test::read_file($site->state_dir . '/keys/token'));
	my ($number, undef, $hex) = split(/ /, $line);
	# 130 bits, of which the first two are none.
	my $head = pack('C3', 1, $number, $deeds{$deed} // $deed) .
	    substr(pack('Q>', $until), 3) .
	    pack('B*', substr(bits($item), 2));
	my $mac = substr(hmac_sha256(pack('N/a', 'held') . $head .
	    pack('N/a', $tenant) . pack('N/a', $rcpt), pack('H*', $hex)),
	    0, 16);
	my $all = unpack('B*', $head . $mac);

	return 'GP1-' . join('', map { substr($digits, oct("0b$_"), 1) }
	    $all =~ /(.{5})/g);
}

# The decoded parts of a multipart message: { 'text/plain' => ... }.
sub parts_of {
	my ($mail) = @_;
	my ($edge) = $mail =~ /boundary="([^"]+)"/ or return ();
	my %parts;

	$mail =~ s/\r\n/\n/g;
	foreach my $part (split(/^--\Q$edge\E.*\n/m, $mail)) {
		next unless $part =~
		    /\AContent-Type: (\S+);.*?\n\n(.*)/s;
		$parts{$1} = MIME::QuotedPrint::decode_qp($2);
	}
	return %parts;
}

sub tokens_of {
	my ($mail) = @_;
	my %names = reverse %deeds;
	my %parts = parts_of($mail);
	my %found;

	foreach my $token (($parts{'text/plain'} || $mail) =~
	    /GP1-([$digits]{64})/g) {
		my $deed = oct('0b' . substr(bits($token), 16, 8));

		push(@{$found{$names{$deed}}}, "GP1-$token");
	}
	return \%found;
}

1;
