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
use JSON::PP ();
use POSIX ();

sub new {
	my ($class, %arg) = @_;
	my $listener = $arg{socket} ?
	    IO::Socket::UNIX->new(Listen => 64, Local => $arg{socket}) :
	    IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1',
	    LocalPort => $arg{port} || 0, ReuseAddr => 1);

	die "listen: $!\n" unless $listener;
	chmod(0666, $arg{socket}) if $arg{socket};
	my $self = bless { folder => $arg{folder}, owner => $$,
	    port => $arg{socket} ? 0 : $listener->sockport,
	    tls => $arg{tls},
	    answer => $arg{answer} }, $class;

	mkdir($self->{folder});
	$self->{pid} = fork // die "fork: $!\n";
	return $self if $self->{pid};
	$SIG{TERM} = 'DEFAULT';
	$SIG{CHLD} = 'IGNORE';
	$SIG{PIPE} = 'IGNORE';
	for (my $count = 0; my $peer = $listener->accept; $count++) {
		my $child = fork;

		next if $child;
		close($listener);
		$self->_serve($peer, $count);
		POSIX::_exit(0);
	}
	POSIX::_exit(0);
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

sub _keep {
	my ($self, $request, $count) = @_;
	my $path = sprintf('%s/%06d-%d', $self->{folder}, $count, $$);

	open(my $file, '>:raw', "$path.new") or POSIX::_exit(1);
	print $file JSON::PP->new->latin1->encode($request);
	close($file);
	rename("$path.new", "$path.json");
}

# What it was asked, oldest first.
sub requests {
	my ($self) = @_;

	return map {
		open(my $file, '<:raw', $_) or die "$_: $!\n";
		local $/;
		JSON::PP->new->latin1->decode(<$file>);
	} sort glob("$self->{folder}/*.json");
}

sub forget {
	my ($self) = @_;

	unlink(glob("$self->{folder}/*.json"));
}

sub stop {
	my ($self) = @_;
	local $?;	# it may run at the end of the test

	return unless $self->{pid} && $self->{owner} == $$;
	kill('KILL', $self->{pid});
	waitpid($self->{pid}, 0);
	$self->{pid} = 0;
}

sub DESTROY { $_[0]->stop }

1;
