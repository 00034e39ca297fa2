#!/usr/bin/perl
#
# 660-keys.t -- the keys of tokens: two at most, nobody else's to read

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new;
my $file = $site->state_dir . '/keys/token';

sub rotate { return $site->gatepost('key', 'rotate') }
sub lines { return split(/^/, Gatepost::Test::read_file($file) || '') }

my $run = rotate();
is($run->{code}, 0, 'the first rotation makes a key') or diag($run->{err});
like($run->{out}, qr/^key 1 signs/, '... and says so');
my @first = lines();
is(scalar @first, 1, '... one');
like($first[0], qr/^1 \S+Z [0-9a-f]{64}$/, '... of 256 bits');
is((stat($file))[2] & 07777, 0600, '... which its owner alone reads');
is((stat($site->state_dir . '/keys'))[2] & 0077, 0, '... as its folder');

$run = rotate();
like($run->{out}, qr/^key 2 signs from now on; what key 1 signed holds/,
    'the second one keeps the first');
my @second = lines();
is($second[1], $first[0], '... as it was');
isnt((split(' ', $second[0]))[2], (split(' ', $first[0]))[2],
    '... and is another');
is_deeply([map { $_->{number} } @{$site->json('key', 'rotate')->{keys}}],
    [3, 2], 'the third one drops the first');
is(scalar(lines()), 2, '... and two are left');

my $before = Gatepost::Test::read_file($file);
foreach my $mode (0640, 0604, 0660) {
	chmod($mode, $file);
	$run = rotate();
	isnt($run->{code}, 0, sprintf('a file of mode %o is refused', $mode));
	like($run->{err}, qr{keys/token .*chmod 0600},
	    '... with what to do');
	is(Gatepost::Test::read_file($file), $before, '... and stays');
}
chmod(0600, $file);
open(my $out, '>', $file) or die "$file: $!\n";
print $out "nonsense\n";
close($out);
$run = rotate();
isnt($run->{code}, 0, 'a damaged file is no key');
like($run->{err}, qr/is damaged: remove it/, '... and it says what to do');
unlink($file);
is(rotate()->{code}, 0, 'without it a new one is made');

done_testing();
