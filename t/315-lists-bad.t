#!/usr/bin/perl
#
# 315-lists-bad.t -- bad values, bad files and several editors at once: all
# that is refused says where, what and what would be right; nothing is lost

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

my $site = Gatepost::Test->new;
my $path = $site->dir . '/lists/example.list';
my $managed = $site->state_dir . '/lists/example.list';
my $hex = 'ab' x 32;

# --- values: line, the value in the message, the nearest right form ---------

my @values = (
	[ 'block sender @evil.example', '@evil.example', 'evil.example' ],
	[ 'block sender *@evil.example', 'evil.example', '*.evil.example' ],
	[ 'block sender mailto:a@evil.example', 'mailto:a@evil.example',
	    'a@evil.example' ],
	[ 'block sender http://evil.example/', 'http://evil.example/',
	    'evil.example' ],
	[ 'block sender a@evil.example;b@evil.example',
	    'a@evil.example;b@evil.example', 'did you mean "a@evil.example"' ],
	[ 'block sender a.example,b.example', 'a.example,b.example',
	    'did you mean "a.example"' ],
	[ 'block sender evil..example', 'evil..example', 'evil.example' ],
	[ 'block sender *evil.example', '*evil.example', '*.evil.example' ],
	[ 'block sender 192.0.2.1', '192.0.2.1', 'kind ip' ],
	[ 'block sender "<>"', '<>', 'envelope <>' ],
	[ 'block envelope @bounce.example', '@bounce.example',
	    'bounce.example' ],
	[ 'block envelope evil..example', 'evil..example', 'evil.example' ],
	[ 'block sender a*b@post.example', 'a*b@post.example',
	    'regular expression' ],
	[ 'block name ""', 'value', 'empty' ],
	[ 'block ip 192.0.2.1/24', '192.0.2.1/24', '192.0.2.0/24' ],
	[ 'block ip 192.0.2.*', '192.0.2.*', '192.0.2.0/24' ],
	[ 'block ip [2001:db8::1]', '[2001:db8::1]', '2001:db8::1' ],
	[ 'block ip evil.example', 'evil.example', '192.0.2.1' ],
	[ 'block url http://evil.test/a', 'http://evil.test/a',
	    'evil.test/a' ],
	[ 'block url evil.test/a*', 'evil.test/a*', 'evil.test/a/*' ],
	[ 'block url *evil.test', '*evil.test', '*.evil.test' ],
	[ "block file sha256:$hex", "sha256:$hex", $hex ],
	[ 'block file report.pdf', 'report.pdf', 'kind filename' ],
	[ 'block filename C:\\\\a\\\\b.exe', 'b.exe', 'b.exe' ],
	[ 'block spoof bank.example *.mailer.example', '*.mailer.example',
	    'mailer.example' ],
	[ 'block spoof bank.example a@mailer.example', 'a@mailer.example',
	    'mailer.example' ],
	[ 'block spoof *.bank.example 192.0.2.1', '*.bank.example',
	    'bank.example' ],
	[ 'block spoof bank.example 192.0.2.7/24', '192.0.2.7/24',
	    '192.0.2.0/24' ],
	[ 'blok sender a.example', 'blok', 'block' ],
	[ 'block sendr a.example', 'sendr', 'sender' ],
	[ 'block sender a.example expire=+1d', 'expire', 'expires' ],
	[ 'block sender co.uk', 'co.uk', 'wide=yes' ],
	[ 'allow sender *.pages.dev', 'pages.dev', 'public suffix' ],
);
$site->write_list(example => join('', map { "$_->[0]\n" } @values));
my $check = $site->gatepost('check', '--lists');
is($check->{code}, 78, 'a list of bad values: exit 78');
my %said = map { /^\Q$path\E:(\d+): (.*)$/ ? ($1 => $2) : () }
    split(/\n/, $check->{err});
foreach my $i (0 .. $#values) {
	my ($line, $value, $right) = @{$values[$i]};
	my $text = $said{$i + 1} // '';

	like($text, qr/\Q$value\E/, "$line: names the value");
	like($text, qr/\Q$right\E/, "... and what would be right");
}

unlike(join("\n", values %said), qr/did you mean "post\.example"/,
    'an address that is wrong never becomes all of its domain');

# What is right and surely not meant is warned of.
my @odd_values = (
	[ 'block url 192.0.2.0/24', qr/page \/24 of one host/ ],
	[ 'block url 2001:db8::/32', qr/page \/32 of one host/ ],
	[ 'block sender a.example for=b@elsewhere.example',
	    qr/for=b\@elsewhere\.example is in no domain of tenant example/ ],
	[ 'block sender b.example for=b@example.org', undef ],
	[ 'block url 192.0.2.1/a', undef ],
);
$site->write_list(example => join('', map { "$_->[0]\n" } @odd_values));
$check = $site->gatepost('check', '--lists');
is($check->{code}, 0, 'odd values are no errors') or diag($check->{err});
%said = map { /^\Q$path\E:(\d+): (.*)$/ ? ($1 => $2) : () }
    split(/\n/, $check->{out} . $check->{err});
foreach my $i (0 .. $#odd_values) {
	my ($line, $why) = @{$odd_values[$i]};

	like($said{$i + 1} // '', $why // qr/\A\z/, "$line: " .
	    ($why ? 'a warning' : 'nothing to say'));
}

# --- files ------------------------------------------------------------------

# Octets, errors as a pattern (undef: there is none), entries.
my @files = (
	[ 'Latin-1', "block name \"J\xf6rg\"\nblock sender a.example\n",
	    qr/:1: .*UTF-8/, 1 ],
	[ 'a NUL', "block sender a\0.example\nblock sender b.example\n",
	    qr/:1: .*NUL/, 1 ],
	[ 'CRLF', "block sender a.example\r\n\r\nblock sender b.example\r\n",
	    undef, 2 ],
	[ 'a byte order mark', "\xef\xbb\xbfblock sender a.example\n", undef,
	    1 ],
	[ 'UTF-16', "\xff\xfeb\0l\0o\0c\0k\0\n\0", qr/:1: /, 0 ],
	[ 'a line of 10 MB', 'block name "' . 'x' x 10_000_000 . "\"\n" .
	    "block sender a.example\n", qr/:1: .*longer than/, 1 ],
	[ 'octets without a line end', 'x' x 100_000, qr/:1: /, 0 ],
	[ 'an escape sequence', "block sender \e[31ma.example\n",
	    qr/:1: .*control character/, 0 ],
	[ 'nothing', '', undef, 0 ],
);
foreach my $file (@files) {
	my ($name, $octets, $error, $count) = @$file;

	open(my $out, '>:raw', $path) or die "$path: $!\n";
	print $out $octets;
	close($out);
	my $run = $site->gatepost('check', '--lists');
	is($run->{code}, $error ? 78 : 0, "$name: " .
	    ($error ? 'refused' : 'taken'));
	like($run->{err}, $error // qr/\A\z/, '... with its place');
	unlike($run->{err}, qr/[\0-\x08\e]/, '... and nothing that a terminal '
	    . 'would obey');
	cmp_ok(length $run->{err}, '<', 10_000, '... in few words');
	is(scalar @{$site->json('list', 'show')->{entries}}, $count,
	    "... $count entries are right");
}

# What is no file, and what cannot be read.
my @odd = (
	[ 'a FIFO', sub { POSIX::mkfifo($path, 0644) }, qr/is no file/ ],
	[ 'a device', sub { symlink('/dev/zero', $path) }, qr/is no file/ ],
	[ 'a folder', sub { mkdir($path) }, qr/is no file|directory/i ],
	[ 'a link to nothing', sub { symlink('/nonexistent', $path) },
	    qr/No such file/ ],
	[ 'a link to itself', sub { symlink($path, $path) }, qr/links/ ],
	[ 'nothing at all', sub { }, qr/No such file/ ],
);
$site->write_list(example => "block sender a.example\n");
is($site->gatepost('list', 'compile')->{code}, 0, 'a good generation');
foreach my $odd (@odd) {
	my ($name, $make, $error) = @$odd;

	-d $path && !-l $path ? rmdir($path) : unlink($path);
	$make->();
	my $run = $site->gatepost({ seconds => 20 }, 'list', 'compile');
	is($run->{code}, 78, "$name as list: exit 78");
	like($run->{err}, qr/\Q$path\E: .*$error/, '... and it is said');
	like($run->{err}, qr/last good generation .* stays in force/,
	    '... and what is in force');
	like($run->{out}, qr/compiled 1 entries/, '... which it is');
}
unlink($path);
Gatepost::Test::write_file("$path.real", "block sender linked.example\n");
symlink("$path.real", $path);
is($site->gatepost('list', 'compile')->{code}, 0, 'a link to a list is read');
unlink($path, "$path.real");
$site->write_list(example => "block sender a.example\n");
SKIP: {
	skip('only root becomes another user', 2) if $> != 0;
	chmod(0, $path);
	my $run = $site->gatepost('list', 'compile');
	is($run->{code}, 78, 'a list that the daemon may not read: exit 78');
	like($run->{err}, qr/\Q$path\E: .*Permission denied/,
	    '... and why');
	chmod(0644, $path);
}

# A child that runs CODE until its parent is done with it.
sub background {
	my ($code) = @_;
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		$SIG{TERM} = sub { POSIX::_exit(0) };
		$site->{runs} = $$ * 1000;	# files of its own
		POSIX::_exit($code->() ? 0 : 1);
	}
	return $pid;
}

my $writer = background(sub {
	while (1) {
		open(my $out, '>', $path);
		print $out "block sender x$_.example\n" foreach 1 .. 2000;
		close($out);
		unlink($path);
	}
});
my %codes;
$codes{$site->gatepost('list', 'compile')->{code}}++ foreach 1 .. 20;
kill('TERM', $writer);
waitpid($writer, 0);
is_deeply([grep { $_ != 0 && $_ != 78 } keys %codes], [],
    'a file that grows and goes while it is read');
$site->write_list(example => '');

# --- several editors --------------------------------------------------------

$site->gatepost('list', 'add', qw(block sender old.example
    expires=2026-01-01));
$site->gatepost('list', 'add', qw(block sender first.example));
my @lines = map { "block sender import$_.example" } 1 .. 20;
my @editors = map {
	my $name = $_;
	background(sub {
		my $bad = 0;
		foreach my $i (1 .. 15) {
			my $run = $site->gatepost('list', 'add', 'block',
			    'sender', "$name$i.example");
			$bad++ if $run->{code} != 0;
		}
		return !$bad;
	});
} qw(one two);
push(@editors, background(sub {
	$site->gatepost({ stdin => join('', map { "$_\n" } @lines) }, 'list',
	    'import', '-')->{code} == 0;
}));
push(@editors, background(sub {
	$site->gatepost('sweep') foreach 1 .. 3;
	return 1;
}));
my $failed = 0;
foreach my $pid (@editors) {
	waitpid($pid, 0);
	$failed++ if $? != 0;
}
is($failed, 0, 'two who add, one who imports and sweep, all at once');
my $text = Gatepost::Test::read_file($managed);
my @wanted = (map({ ("one$_", "two$_", $_ <= 20 ? "import$_" : ()) } 1 .. 15),
    map({ "import$_" } 16 .. 20), 'first');
is(join(' ', sort $text =~ /^block sender (\w+)\.example/mg),
    join(' ', sort @wanted), '... and each line stands there once');
like($text, qr/\A# gatepost: managed\n/, '... below its mark');

# A person's editor replaces the file and knows no lock.  What he saved stays,
# whatever commands do meanwhile.
my $hand = background(sub {
	my ($last, $lost) = ('', 0);

	foreach my $i (1 .. 150) {
		my $now = Gatepost::Test::read_file($managed) // '';

		if ($last && $now !~ /\Q$last\E/) {
			sleep(0.05);
			$now = Gatepost::Test::read_file($managed) // '';
			$lost++ if $now !~ /\Q$last\E/;
		}
		$last = "block sender hand$i.example";
		Gatepost::Test::write_file("$managed.hand", "$now$last\n");
		my ($uid, $gid) = (stat($managed))[4, 5];
		chown($uid, $gid, "$managed.hand");
		rename("$managed.hand", $managed);
		sleep(0.002);
	}
	return !$lost;
});
my (%said_so, $odd);
foreach my $i (1 .. 60) {
	my $run = $site->gatepost('list', 'add', 'block', 'sender',
	    "late$i.example");

	$said_so{$run->{code}}++;
	$odd = $run->{err} if $run->{code} == 75;
}
waitpid($hand, 0);
is($?, 0, 'what was saved by hand is not lost');
is_deeply([grep { $_ != 0 && $_ != 75 } keys %said_so], [],
    '... and a command succeeds or says "later"');
like($odd // 'has changed meanwhile', qr/has changed meanwhile/,
    '... since the file has changed');

# A full disk: nothing of the list is lost.
SKIP: {
	my $folder = $site->state_dir . '/lists';
	my $full;

	skip('only root mounts a disk', 4) if $> != 0;
	skip('no disk can be mounted here', 4) if $site->run('mount', '-t',
	    'tmpfs', '-o', 'size=64k,mode=0777', 'none',
	    $folder)->{code} != 0;
	is($site->gatepost('list', 'add', qw(block sender a1.example))->{code},
	    0, 'a small disk');
	open($full, '>', "$folder/full");
	syswrite($full, 'x' x 4096) or last foreach 1 .. 100;
	close($full);
	my $before = Gatepost::Test::read_file($managed);
	my $run = $site->gatepost('list', 'add', 'block', 'sender',
	    'b1.example', 'note=' . 'x' x 8000);
	isnt($run->{code}, 0, 'a full disk: it fails');
	like($run->{err}, qr/No space left/, '... and says why');
	is(Gatepost::Test::read_file($managed), $before,
	    '... and the list is as it was');
	$site->run('umount', $folder);
}

done_testing();
