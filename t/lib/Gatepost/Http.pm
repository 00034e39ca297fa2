package Gatepost::Http;
#
# Gatepost::Http -- an HTTP server for tests, plain or with TLS, which keeps
# what it was asked and answers as the test wants
#
#	my $http = Gatepost::Http->new(folder => $dir, answer => sub {
#		my ($request) = @_;	# method, path, headers, body
#		return (200, '{"verdict":"clean"}');	# status, body, headers
#	});
#	... url => $http->url . '/ask' ...
#	foreach my $request ($http->requests) { ... }
#
# An answer may be a code that writes to the connection itself.  One child a
# connection; the answer's closure runs there, so it can change nothing here.
#
#	port	of loopback (default one that is free)
#	socket	a Unix socket instead
#	tls	{ key => file, cert => file }

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();

use Gatepost::Peer;

our @ISA = ('Gatepost::Peer');

sub new {
	my ($class, %arg) = @_;
	my $listener = $arg{socket} ?
	    IO::Socket::UNIX->new(Listen => 64, Local => $arg{socket}) :
	    IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1',
	    LocalPort => $arg{port} || 0, ReuseAddr => 1);

	die "listen: $!\n" unless $listener;
	chmod(0666, $arg{socket}) if $arg{socket};
	return Gatepost::Peer::start($class, $listener,
	    folder => $arg{folder}, tls => $arg{tls},
	    port => $arg{socket} ? 0 : $listener->sockport,
	    answer => $arg{answer});
}

sub port { return $_[0]{port} }

sub url {
	my ($self) = @_;

	return $self->{tls} ? "https://localhost:$self->{port}" :
	    "http://127.0.0.1:$self->{port}";
}

sub _serve {
	my ($self, $peer, $count) = @_;
	my %request = (headers => {}, body => '');

	if ($self->{tls}) {
		require IO::Socket::SSL;
		IO::Socket::SSL->start_SSL($peer, SSL_server => 1,
		    SSL_key_file => $self->{tls}{key},
		    SSL_cert_file => $self->{tls}{cert}) or return;
	}
	my $line = <$peer> // return;
	@request{qw(method path)} = $line =~ /^(\S+) (\S+)/;
	while (defined($line = <$peer>) && $line =~ /\S/) {
		$request{headers}{lc $1} = $2
		    if $line =~ /^([\w-]+):\s*(.*?)\r?\n/;
	}
	my $length = $request{headers}{'content-length'} || 0;
	read($peer, $request{body}, $length) if $length;
	return if length($request{body}) != $length;
	$self->_keep(\%request, $count);
	my ($status, $body, @headers) = $self->{answer}->(\%request);
	if (ref $status) {
		$status->($peer);
		return;
	}
	print $peer join("\r\n", "HTTP/1.1 $status x", @headers,
	    'Content-Length: ' . length($body), 'Connection: close', '', ''),
	    $body;
	close($peer);
}

# What it was asked, oldest first.
sub requests { return $_[0]->_kept }

1;
