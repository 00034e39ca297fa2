#!/usr/bin/perl
#
# 250-worker-sandbox.t -- a worker that has been taken over can do nothing but
# reckon; one that has not reads mail as before

use strict;
use warnings;

use Compress::Zlib qw(memGzip);
use Encode qw(encode);
use File::Copy qw(copy);
use File::Temp;
use FindBin;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

binmode(Test::More->builder->$_, ':utf8')
    foreach qw(output failure_output);

plan(skip_all => 'the shim goes before no sanitizer')
    if Gatepost::Test::sanitizers();

# Some acts are refused by Landlock alone, which a kernel may not have.
my $has_landlock = syscall(444, 0, 0, 1) > 0;
my @acts = (qw(exec fork vfork clone3 create write append temporary truncate
    unlink mkdir link chmod chdir kill ptrace mount unshare packets netlink
    memfd setuid bpf io-uring keys limit),
    $has_landlock ? qw(read-mail list) : ());

my $site = Gatepost::Test->new;
my $dir = File::Temp->newdir;
my $shim = "$dir/forbidden.so";
my $open = "$dir/open";

chmod(0755, "$dir");
copy(Gatepost::Test::program('forbidden.so'), $shim);
chmod(0755, $shim);
mkdir($open);
chmod(0777, $open);
Gatepost::Test::write_file("$open/there", 'of another');
chmod(0666, "$open/there");

# Charsets that no sample has, whose tables are read late.
my %words = (
	'iso-8859-7' => "\x{3b1}\x{3b2}\x{3b3}",
	'windows-1256' => "\x{627}\x{644}",
	'euc-jp' => "\x{65e5}\x{672c}",
	'koi8-u' => "\x{457}\x{434}",
	'iso-8859-8' => "\x{5e9}\x{5dc}",
	'big5-hkscs' => "\x{4e2d}\x{6587}",
);

foreach my $charset (sort keys %words) {
	my $file = $site->dir . '/message.eml';
	my $word = encode_base64(encode($charset, $words{$charset}), '');

	Gatepost::Test::write_file($file, "From: a\@client.example\n" .
	    "Subject: =?$charset?B?$word?=\n" .
	    "MIME-Version: 1.0\nContent-Type: application/gzip; name=x.gz\n" .
	    "Content-Transfer-Encoding: base64\n\n" .
	    encode_base64(memGzip('inner')));
	# A worker may write no file: its stderr is a pipe here.
	my $result = $site->run({ env => { LD_PRELOAD => $shim,
	    GATEPOST_FORBIDDEN_DIR => $open } }, 'sh', '-c',
	    '"$@" 2>&1 >"$0" | cat', "$dir/out",
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    '--json', 'try', $file, '--rcpt', 'jane@example.org');
	my $facts = eval { JSON::PP::decode_json(
	    Gatepost::Test::read_file("$dir/out"))->{facts} };

	ok($facts, "$charset: the message is read") or diag($result->{out});
	is($facts->{subject}, $words{$charset}, '... in its charset');
	is($facts->{files}[1]{name}, 'x', '... with its archive');
	next if $charset ne 'koi8-u';
	foreach my $act (@acts) {
		like($result->{out}, qr/^\Q$act\E (?:Operation not permitted|Permission denied)$/m,
		    "a worker may not: $act");
	}
	unlike($result->{out}, qr/ done$/m, 'and nothing else');
}
is(Gatepost::Test::read_file("$open/there"), 'of another',
    'a file that all may write is as it was');
is_deeply([glob("$open/*")], ["$open/there"], '... and none is beside it');
done_testing;
