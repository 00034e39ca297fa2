#!/usr/bin/perl
#
# 855-contrib-thunderbird.t -- the extension for Thunderbird is whole: its
# files, rights, languages and package; what it does, by Node

use strict;
use warnings;

use File::Find qw(find);
use File::Temp;
use FindBin;
use IO::Uncompress::Unzip qw($UnzipError);
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";
my $at = "$top/contrib/thunderbird";
my $from = "$at/extension";
my $site = Gatepost::Test->new;

sub text {
	my ($name) = @_;

	return Gatepost::Test::read_file("$from/$name") // '';
}

sub json {
	my ($name) = @_;
	my $value = eval { JSON::PP::decode_json(text($name)) };

	ok($value, "$name is JSON") or diag($@);
	return $value || {};
}

# --- the manifest ---------------------------------------------------------

my $manifest = json('manifest.json');
my $scripts = join('', map { text($_) } qw(report.js background.js
    options.js));
my ($version) = (Gatepost::Test::read_file("$top/configure.ac") // '') =~
    /AC_INIT\(\[[^]]*\],\s*\[([^]]*)\]/;

is($manifest->{manifest_version}, 3, 'Thunderbird 128 and later take it');
is($manifest->{browser_specific_settings}{gecko}{strict_min_version},
    '128.0', '... and no earlier one');
is($manifest->{version}, $version, 'it has our version');
is(length($manifest->{description}) > 0, 1, 'it is described');

my @files = (@{$manifest->{background}{scripts}},
    $manifest->{message_display_action}{default_icon},
    $manifest->{options_ui}{page}, values %{$manifest->{icons}});
push(@files, text($manifest->{options_ui}{page}) =~ /<script src="([^"]+)"/g);
foreach my $file (@files) {
	ok(-s "$from/$file", "$file, which is named, is there");
}

# What each right is for: a call that needs it, by Thunderbird's reference.
my %needs = (
	accountsRead => qr/\.accounts\.get\(|\.identities\./,
	'compose.send' => qr/\.compose\.sendMessage\(/,
	menus => qr/\.menus\./,
	messagesMove => qr/\.messages\.move\(/,
	messagesRead => qr/\.messages\.getRaw\(/,
	notifications => qr/\.notifications\./,
	storage => qr/\.storage\./,
);
is_deeply([sort @{$manifest->{permissions}}],
    [sort grep { $scripts =~ $needs{$_} } keys %needs],
    'it has the rights that it uses, and no other');
is_deeply([sort keys %$manifest], [sort qw(manifest_version name description
    version default_locale browser_specific_settings icons permissions
    background message_display_action options_ui)],
    '... none by another door');
# What would leave the mail program, or run what is not of the package.
unlike($scripts . text('options.html'),
    qr/\bfetch\(|XMLHttp|https?:|\beval\(|innerHTML|new Function/,
    'it speaks to nobody but by mail');

# --- the policy -----------------------------------------------------------

my $policy = json('../policies.json')->{policies};
my $id = $manifest->{browser_specific_settings}{gecko}{id};
my ($defaults) = text('report.js') =~ /const defaults = \{(.*?)\};/s;
my %known = map { $_ => 1 } ($defaults // '') =~ /(\w+):/g;
is(join(' ', keys %{$policy->{ExtensionSettings}}), $id,
    'the policy installs the extension');
like($policy->{ExtensionSettings}{$id}{install_url},
    qr{/gatepost-report-\Q$version\E\.xpi$}, '... by the name of its package');
my $set = $policy->{'3rdparty'}{Extensions}{$id} || {};
ok(scalar %$set, '... and sets it up');
is(join(' ', grep { !$known{$_} } keys %$set), '',
    '... by settings that there are');
my @inputs = text('options.html') =~ /<input [^>]*name="(\w+)"/g;
is_deeply([sort keys %known], [sort @inputs],
    'users have all settings on a page');

# --- languages ------------------------------------------------------------

my @languages = map { m{([^/]+)/messages\.json$} }
    glob("$from/_locales/*/messages.json");
my %texts = map { $_ => json("_locales/$_/messages.json") } @languages;
my $english = $texts{en};
my %used = map { $_ => 1 } $scripts =~ /\bsay\("(\w+)"/g,
    text('options.html') =~ /data-text="(\w+)"/g,
    text('manifest.json') =~ /__MSG_(\w+)__/g,
    # The kinds of report are titles as well.
    $scripts =~ /^\t\t(\w+): \{ prefix:/mg;

is("@languages", 'de en fr', 'three languages');
is_deeply([sort keys %$english], [sort keys %used],
    'English has each text that is used, and no other');
foreach my $language (@languages) {
	my $texts = $texts{$language};

	is_deeply([sort keys %$texts], [sort keys %$english],
	    "$language has the same");
	is(join(' ', grep { ($texts->{$_}{message} // '') eq '' }
	    keys %$texts), '', '... none of them empty');
	is_deeply({ map { $_ => $texts->{$_}{placeholders} } keys %$texts },
	    { map { $_ => $english->{$_}{placeholders} } keys %$english },
	    '... with the same places to fill');
}

# --- the package ----------------------------------------------------------

my $to = $site->dir . '/one.xpi';
my $run = $site->run({ env => { TZ => 'Asia/Tokyo' } }, "$at/package", $to);
is($run->{code}, 0, 'it is packed') or diag($run->{err});
is($run->{out}, "$to\n", '... and says where it is');
$run = $site->run({ env => { TZ => 'UTC' } }, 'sh', '-c',
    'umask 077 && sleep 2 && exec "$0" "$1"', "$at/package", "$to.again");
is(Gatepost::Test::read_file("$to.again"), Gatepost::Test::read_file($to),
    '... octet for octet the same at another time and place');
my (%packed, @have);
my $zip = IO::Uncompress::Unzip->new($to) or die "$to: $UnzipError\n";
do {
	my $octets = '';

	1 while ($zip->read($octets, 65536, length($octets)) > 0);
	$packed{$zip->getHeaderInfo->{Name}} = $octets;
} while ($zip->nextStream > 0);
find({ no_chdir => 1, wanted => sub {
	push(@have, s{^\Q$from\E/}{}r) if -f;
} }, $from);
is_deeply([sort keys %packed], [sort @have], 'all files are in it');
is(join(' ', grep { $packed{$_} ne text($_) } keys %packed), '',
    '... as they are');
isnt($site->run("$at/package", '/nowhere/x.xpi')->{code}, 0,
    'what cannot be written is an error');

# --- what it does ---------------------------------------------------------

SKIP: {
	skip('nodejs is not installed', 1)
	    unless Gatepost::Test::installed('node');
	foreach my $script (qw(report.js background.js options.js)) {
		$run = $site->run('node', '--check', "$from/$script");
		is($run->{code}, 0, "$script is JavaScript")
		    or diag($run->{err});
	}
	$run = $site->run('node', "$FindBin::Bin/tools/thunderbird.js", $from);
	is($run->{code}, 0, 'its parts run') or diag($run->{err});
	like($run->{out}, qr/^1\.\.\d+$/m, '... to their end');
	foreach my $line (split(/\n/, $run->{out})) {
		ok($1 eq '', $2)
		    if $line =~ /^(|not )ok \d+ - (.*)/;
		diag($line) if $line =~ /^#/;
	}
}

done_testing();
