#!/usr/bin/perl
#
# 240-content-files.t -- what files hold: members of archives, links of
# documents, what is encrypted, disguised, hidden or a bomb

use strict;
use warnings;

use Compress::Zlib qw(compress crc32 memGzip);
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use File::Temp;
use FindBin;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('bsdtar');

my $dir = File::Temp->newdir;
my $exe = "MZ\x90\0" . 'program ' x 50;
my $page = '<html><a href="http://in-page.example/x">see</a></html>';
my $text = "just text\n" x 20;

sub file {
	my ($name, $octets) = @_;

	Gatepost::Test::write_file("$dir/$name", $octets);
	return $name;
}

# An archive of FILES (name => octets) by bsdtar with ARGS.
sub archive {
	my ($args, %files) = @_;
	my @names = map { file($_, $files{$_}) } sort keys %files;

	unlink("$dir/out");
	system('bsdtar', '-C', "$dir", @$args, '-cf', "$dir/out", @names) == 0
	    or die "bsdtar\n";
	return Gatepost::Test::read_file("$dir/out");
}

sub zip { return archive(['--format', 'zip'], @_) }

sub seven {
	my ($args, %files) = @_;
	my @names = map { file($_, $files{$_}) } sort keys %files;

	unlink("$dir/out.7z");
	system("cd $dir && 7z a -bd -y @$args out.7z @names > /dev/null") == 0
	    or die "7z\n";
	return Gatepost::Test::read_file("$dir/out.7z");
}

# A RAR of old times, its one file stored.
sub rar {
	my ($name, $octets) = @_;
	my $header = sub {
		my ($rest) = @_;

		return pack('v', crc32($rest) & 0xffff) . $rest;
	};

	return "Rar!\x1a\x07\x00" .
	    $header->(pack('CvvvV', 0x73, 0, 13, 0, 0)) .
	    $header->(pack('CvvVVCVVCCvV', 0x74, 0x8000, 32 + length $name,
		length $octets, length $octets, 2, crc32($octets), 0, 20,
		0x30, length $name, 0) . $name) . $octets .
	    $header->(pack('Cvv', 0x7b, 0x4000, 7));
}

# A compound file whose directory has these streams: [name, first sector,
# size]; the octets of SECTOR 2 are START.
sub compound {
	my ($start, @streams) = @_;
	my $entry = sub {
		my ($name, $type, $sector, $size) = @_;
		my $wide = encode('UTF-16LE', $name);

		return pack('a64vCCVVVa16Va16VVV', $wide, length($wide) + 2,
		    $type, 1, 0xffffffff, 0xffffffff, 1, '', 0, '', $sector,
		    $size, 0);
	};
	my $directory = join('', $entry->('Root Entry', 5, 0xfffffffe, 0),
	    map { $entry->($_->[0], 2, $_->[1], $_->[2]) } @streams);

	return pack('a8a16vvvvva6VVVVVVVVV', "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	    '', 0x3e, 3, 0xfffe, 9, 6, '', 0, 1, 1, 0, 4096, 0xfffffffe, 0,
	    0xfffffffe, 0) . pack('V', 0) . "\xff" x 432 .
	    pack('V128', 0xfffffffd, 0xfffffffe, (0xffffffff) x 126) .
	    pack('a512', $directory) . pack('a8192', $start);
}

sub pdf {
	my (@objects) = @_;
	my $n = 0;

	return "%PDF-1.5\n" . join('', map { $n++;
	    "$n 0 obj\n$_\nendobj\n" } @objects) . "trailer << /Root 1 0 R >>" .
	    "\n%%EOF\n";
}

# A message with a page; one with a file.
sub mail_of {
	return "From: b\@inner.example\r\nSubject: see\r\nMIME-Version: 1.0" .
	    "\r\nContent-Type: text/html\r\n\r\n$_[0]\r\n";
}

sub wrapped { return message(@_) =~ s/\r?\n/\r\n/gr }

my $packed = compress('10 0 << /Type /Annot /A << /S /URI ' .
    '/URI (http://packed.example/pdf) >> >>');
my $office = zip('[Content_Types].xml' => '<Types/>', 'a.xml' => '<a/>',
    'document.xml.rels' => '<Relationships><Relationship Id="1" ' .
    'Target="http://office.example/?a=1&amp;b=2" TargetMode="External"/>' .
    '<Relationship Target="http://own.example/" TargetMode="Internal"/>' .
    '</Relationships>', 'vbaProject.bin' => compound(''));
my $zip = zip('run.exe' => $exe, 'read.txt' => $text);
my $two = $zip;
# A member that follows the others, and that the directory does not name.
my $extra = pack('a4vvvvvVVVvv', "PK\3\4", 20, 0, 0, 0, 0, crc32($text),
    length $text, length $text, 9, 0) . "extra.txt$text";
substr($two, index($two, "PK\1\2"), 0) = $extra;
substr($two, rindex($two, "PK\5\6") + 16, 4) =
    pack('V', index($two, "PK\1\2"));

# What it shows; name and octets of the file; expected: members (name =>
# octets, undef for what cannot be read), links, defects, and what FILE is.
my @cases = (
	['a zip', 'a.zip', $zip,
	    { 'run.exe' => $exe, 'read.txt' => $text }],
	['... of another name', 'picture.jpg', $zip, { 'run.exe' => $exe }],
	['a tar', 'a.tar', archive(['--format', 'pax'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['a tar, compressed by gzip', 'a.tgz', archive(['-z'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['... by xz', 'a.txz', archive(['-J'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['... by bzip2', 'a.tbz', archive(['-j'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['... by zstd', 'a.tar.zst', archive(['--zstd'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['one file, compressed', 'list.exe.gz', memGzip($exe),
	    { 'list.exe' => $exe }],
	['7z', 'a.7z', archive(['--format', '7zip'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['ISO 9660', 'a.iso', archive(['--format', 'iso9660'],
	    'a.exe' => $exe), { 'a.exe' => $exe }],
	['cpio', 'a.cpio', archive(['--format', 'newc'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }],
	['RAR', 'a.rar', rar('a.exe', $exe), { 'a.exe' => $exe }],
	['an archive in an archive', 'out.zip', zip('in.zip' => $zip),
	    { 'in.zip' => $zip, 'run.exe' => $exe }],
	['a page in an archive', 'page.zip', zip('p.html' => $page),
	    { 'p.html' => $page }, links => ['http://in-page.example/x']],
	['a fourth in each other', 'deep.zip', zip('1.zip' => zip(
	    '2.zip' => zip('3.exe' => $exe))), {}, defects =>
	    ['archive-large'], is_cut => 1],
	['a zip with a password', 'p.zip', archive(['--format', 'zip',
	    '--options', 'zip:encryption=zipcrypt', '--passphrase', 'x'],
	    'run.exe' => $exe), { 'run.exe' => undef }, defects =>
	    ['file-encrypted']],
	['a member that its directory does not name', 'two.zip', $two,
	    { 'run.exe' => $exe, 'extra.txt' => $text },
	    defects => ['archive-hidden']],
	['a zip that is cut off', 'cut.zip', substr($zip, 0, 60), {},
	    defects => ['archive-broken']],
	['a bomb', 'bomb.zip', zip('zeros' => "\0" x 40_000_000), {},
	    defects => ['archive-large'], is_cut => 1],
	['a bomb of gzip', 'bomb.gz', memGzip("\0" x 40_000_000), {},
	    defects => ['archive-large'], is_cut => 1],
	['2,000 members', 'many.zip', zip(map { ("f$_" => "x") } 1 .. 2000),
	    {}, defects => ['archive-large', 'files-many'], is_cut => 1],
	['a program called a picture', 'photo.jpg', $exe, {}, defects =>
	    ['file-disguised'], seen =>
	    'application/vnd.microsoft.portable-executable'],
	['a program called so', 'setup.exe', $exe, {}],
	['a PDF', 'a.pdf', pdf('<< /S /URI /URI (http://pdf.example/a\\051b' .
	    "\\\nc) >>", '<< /A << /URI 3 0 R /S /URI >> >>',
	    '(https://object.example/)', '<< /#55R#49 <687474703a2f2f6865782e' .
	    '6578616d706c652f> >>'), {}, seen => 'application/pdf', links =>
	    ['http://pdf.example/a)bc', 'https://object.example/',
		'http://hex.example/']],
	['... with packed objects', 'b.pdf', pdf('<< /Type /ObjStm /Filter ' .
	    '/FlateDecode /N 1 /First 5 /Length ' . length($packed) .
	    " >>\nstream\r\n$packed\nendstream"), {}, links =>
	    ['http://packed.example/pdf']],
	['... that is encrypted', 'c.pdf', pdf('<<>>') =~
	    s{/Root}{/Encrypt 4 0 R /Root}r, {}, defects =>
	    ['file-encrypted'], is_encrypted => 1],
	['an Office document', 'a.docm', $office, { 'vbaProject.bin' =>
	    compound('') }, only => 1, links =>
	    ['http://office.example/?a=1&b=2']],
	['... with a password', 'b.docx', compound('',
	    ['EncryptedPackage', 2, 8192]), {}, defects =>
	    ['file-encrypted'], is_encrypted => 1,
	    seen => 'application/x-ole-storage'],
	['... of old Word', 'c.doc', compound(pack('vvvvvv', 0xa5ec, 0xc1, 0,
	    0, 0, 0x100), ['WordDocument', 2, 8192]), {}, defects =>
	    ['file-encrypted'], is_encrypted => 1],
	['a shortcut to a site', 'site.url', "[InternetShortcut]\r\n" .
	    "URL=http://shortcut.example/a\r\n", {},
	    links => ['http://shortcut.example/a']],
	['... in an archive', 'url.zip', zip('site.url' =>
	    "[InternetShortcut]\r\nURL=http://shortcut.example/a\r\n"),
	    {}, links => ['http://shortcut.example/a']],
	['a rich text', 'a.rtf', '{\\rtf1{\\field{\\*\\fldinst HYPERLINK ' .
	    '"http://rich.example/a"}{\\fldrslt here}}}', {},
	    links => ['http://rich.example/a'], seen => 'application/rtf'],
	['an invitation, its lines folded', 'invite.ics', "BEGIN:VCALENDAR\r\n" .
	    "DESCRIPTION:Join http://invite.exa\r\n mple/a\\, b\\nnow\r\n" .
	    "URL:http://invite.example/c\r\n d\r\nEND:VCALENDAR\r\n", {},
	    links => ['http://invite.example/a', 'http://invite.example/cd']],
	['a message', 'mail.EML', mail_of($page), {},
	    links => ['http://in-page.example/x']],
	['... with a file', 'out.eml', wrapped('run.exe', $exe),
	    { 'run.exe' => $exe }],
	['... three in each other', 'a.eml', wrapped('b.eml', wrapped('c.eml',
	    mail_of($page))), {}, links => ['http://in-page.example/x']],
	['... four', 'a.eml', wrapped('b.eml', wrapped('c.eml', wrapped(
	    'd.eml', mail_of($page)))), {}, defects => ['mime-deep'],
	    is_cut => 1],
	['... without one', 'd.doc', compound(pack('vvvvvv', 0xa5ec, 0xc1, 0,
	    0, 0, 0), ['WordDocument', 2, 8192]), {}],
	['... of old Excel', 'e.xls', compound(pack('vvx16vvx6', 0x809, 16,
	    0x2f, 6), ['Workbook', 2, 8192]), {}, defects =>
	    ['file-encrypted'], is_encrypted => 1],
);
push(@cases,
	['7z with a password', 'p.7z', seven(['-pxyz'], 'a.exe' => $exe),
	    { 'a.exe' => undef }, defects => ['file-encrypted']],
	['... and its names, too', 'q.7z', seven(['-pxyz', '-mhe=on'],
	    'a.exe' => $exe), {}, defects => ['file-encrypted'],
	    is_encrypted => 1],
	['a zip of another maker', 'z.zip', seven(['-tzip'], 'a.exe' => $exe),
	    { 'a.exe' => $exe }]) if Gatepost::Test::installed('7z');

sub message {
	my ($name, $octets) = @_;

	return "From: a\@client.example\nTo: jane\@example.org\n" .
	    "Subject: a file\nMIME-Version: 1.0\n" .
	    "Content-Type: application/octet-stream; name=\"$name\"\n" .
	    "Content-Transfer-Encoding: base64\n\n" . encode_base64($octets);
}

my $site = Gatepost::Test->new(lists => { example => join("\n",
    'block file ' . sha256_hex($text), 'block filename worse.exe',
    'block url bad.example', '') });

foreach my $case (@cases) {
	my ($what, $name, $octets, $members, %want) = @$case;
	my $at = $site->dir . '/file.eml';

	Gatepost::Test::write_file($at, message($name, $octets));
	my $facts = $site->json('try', $at, '--from', 'a@client.example',
	    '--rcpt', 'jane@example.org')->{facts};
	my ($whole, @inner) = @{$facts->{files} || []};
	my %found = map { ($_->{name} // '' => $_->{sha256}) } @inner;
	my %urls = map { ($_->{url} => 1) } @{$facts->{urls} || []};

	is_deeply([sort @{$facts->{defects} || []}], $want{defects} || [],
	    "$what: defects") or diag(explain($facts->{files}));
	is($whole->{sha256}, sha256_hex($octets), '... the file itself');
	is($whole->{is_encrypted} ? 1 : 0, $want{is_encrypted} // 0,
	    '... encrypted or not');
	is($whole->{seen}, $want{seen}, '... seen as it is') if $want{seen};
	foreach my $member (sort keys %$members) {
		ok(exists $found{$member}, "... $member is found");
		is($found{$member}, defined $members->{$member} ?
		    sha256_hex($members->{$member}) : undef, '... as it is');
	}
	is(keys %found, keys %$members, '... and no more') if $want{only};
	ok($urls{$_}, "... the link $_") foreach @{$want{links} || []};
	is(keys %urls, @{$want{links} || []}, '... and no other');
	is($facts->{complete} ? 0 : 1, $want{is_cut} // 0, '... whole or not');
}

# --- in the path of mail --------------------------------------------------------

$site->start;

sub action {
	my ($sender, $name, $octets) = @_;
	my @records;

	$site->milter_message(from => $sender, rcpt => 'jane@example.org',
	    data => message($name, $octets) =~ s/\r?\n/\r\n/gr);
	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--envelope',
		    $sender)->{records}};
	});
	return $records[0]{decisions}[0];
}

my $decision = action('a@client.example', 'a.zip', $zip);
is($decision->{action}, 'quarantine', 'a blocked file in an archive is held');
like($decision->{because}{reason} // '', qr/a file with SHA-256 /,
    '... by its hash');
is(action('b@client.example', 'b.zip', zip('worse.exe' => 'x'))->{action},
    'quarantine', 'a blocked name in an archive is, too');
is(action('c@client.example', 'c.pdf', pdf('<< /URI (http://bad.example/) >>'))
    ->{action}, 'quarantine', 'and a blocked link of a PDF');
is(action('d@client.example', 'd.zip', zip('good.txt' => 'x'))->{action},
    'deliver', 'another archive is delivered');

# --- the sample list --------------------------------------------------------------

my $sample = Gatepost::Test::read_file(
    "$FindBin::Bin/../conf/lists/dangerous-attachments.list");
unlike($sample, qr/^[^#\s]/m, 'no line of the sample list is in force');
$sample =~ s/^#(?=block)//mg;
$site->write_list(example => $sample);
my $check = $site->gatepost('check', '--lists');
is($check->{code}, 0, '... and each can be') or diag($check->{err});
ok(Gatepost::Test::wait_for(10, sub {
	$site->gatepost('list', 'find', 'filename', 'Invoice.EXE')->{out} =~
	    /block filename \*\.exe/;
}), '... and is found');
$site->stop;
done_testing;
