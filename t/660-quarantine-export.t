#!/usr/bin/perl
#
# 660-quarantine-export.t -- held messages leave as an encrypted zip, which
# other programs open with the password alone, and the audit log says so

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(lists => {
    example => "block sender *.evil.example\n" });
my $dir = File::Temp->newdir;
$site->start;

my @ids;
foreach my $n (1, 2) {
	$site->milter_message(from => "a$n\@x.evil.example",
	    rcpt => 'jane@example.org', data => "From: a$n\@x.evil.example\r\n" .
	    "Subject: number $n\r\n\r\n" . ('caf' . chr(0xe9) . " $n\r\n") x
	    ($n * 3000));
}
Gatepost::Test::wait_for(10, sub {
	@ids = map { $_->{id} }
	    sort { $a->{subject} cmp $b->{subject} }
	    @{$site->json('quarantine', 'list')->{items}};
	@ids == 2;
});

# Export with ARGS to a file; the result of the command.
sub export {
	my ($file, $stdin, @args) = @_;

	return $site->run({ stdin => $stdin }, 'sh', '-c',
	    '"$@" > "$0"', $file, Gatepost::Test::program('gatepost'), '-c',
	    $site->config_file, 'quarantine', 'export', @args);
}

my $result = export("$dir/a.zip", '', @ids, '--reason', 'case 42');
is($result->{code}, 0, 'two items are exported') or diag($result->{err});
my $raw = Gatepost::Test::read_file("$dir/a.zip");
unlike($raw, qr/evil\.example|number 1/, 'nothing of them is to be read');

my %readers = (
	'7z' => sub { "7z x -bd -y -p'$_[1]' -o$_[2] $_[0] > /dev/null 2>&1" },
	bsdtar => sub { "bsdtar --passphrase '$_[1]' -C $_[2] -xf $_[0] " .
	    '2> /dev/null' },
);
foreach my $reader (sort keys %readers) {
	SKIP: {
		skip("$reader is not installed", 6)
		    unless Gatepost::Test::installed($reader);
		my $to = "$dir/$reader";

		mkdir($to);
		isnt(system($readers{$reader}->("$dir/a.zip", 'wrong', $to)),
		    0, "$reader: another password opens nothing");
		is(system($readers{$reader}->("$dir/a.zip", 'infected', $to)),
		    0, '... the usual one does');
		foreach my $id (@ids) {
			my $item = $site->json('quarantine', 'show', $id);

			is(sha256_hex(Gatepost::Test::read_file(
			    "$to/$id.eml") // ''), $item->{sha256},
			    '... to the octets that were received');
			is(JSON::PP::decode_json(Gatepost::Test::read_file(
			    "$to/$id.json"))->{subject}, $item->{subject},
			    '... and what is known of them');
		}
	}
}

my $shown = $site->gatepost('quarantine', 'show', $ids[0])->{out};
like($shown, qr/exported .*case 42/, 'the audit log has who and why');
is(export("$dir/b.zip", '', $ids[0])->{code}, 64, 'a reason is asked for');
is(export("$dir/b.zip", "own word\n", $ids[0], '--reason', 'x',
    '--password-stdin')->{code}, 0, 'a password of one\'s own');
is(system("7z t -p'own word' $dir/b.zip > /dev/null 2>&1"), 0,
    '... opens it') if Gatepost::Test::installed('7z');
is(export("$dir/c.zip", '', '01M8000000000000000000000Z', '--reason', 'x')
    ->{code}, 66, 'an item that is not there is said');

# --- a damaged one ------------------------------------------------------------

my ($file) = glob($site->state_dir . "/quarantine/*/$ids[1].eml");
open(my $fh, '+<', $file) or die "$file: $!\n";
seek($fh, 100, 0);
print $fh 'X';
close($fh);
$result = export("$dir/d.zip", '', @ids, '--reason', 'x');
isnt($result->{code}, 0, 'a damaged item is no success');
like($result->{err}, qr/\Q$ids[1]\E|SHA-256/, '... and named');
is(system("7z l -pinfected $dir/d.zip | grep -q $ids[1]"), 256,
    '... and not exported') if Gatepost::Test::installed('7z');
$site->stop;
done_testing;
