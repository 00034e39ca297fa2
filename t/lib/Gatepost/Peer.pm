package Gatepost::Peer;

# What the servers that tests talk to share: a process that listens, a child
# for each connection, and a folder of what was said to it, a JSON file each.
#
#	our @ISA = ('Gatepost::Peer');
#	my $self = Gatepost::Peer::start($class, $listener, folder => $dir);
#	sub _serve { my ($self, $peer, $count) = @_; ... $self->_keep($said,
#	    $count) }

use strict;
use warnings;

use JSON::PP ();
use POSIX ();

# The object of $class with %self; its process calls _serve() in children.
sub start {
	my ($class, $listener, %self) = @_;
	my $self = bless { %self, owner => $$ }, $class;

	mkdir($self->{folder});
	$self->{pid} = fork // die "fork: $!\n";
	return $self if $self->{pid};
	# The end of the test must not run here.
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

# Note what connection $count said.
sub _keep {
	my ($self, $said, $count) = @_;
	my $path = sprintf('%s/%06d-%d', $self->{folder}, $count, $$);

	open(my $file, '>:raw', "$path.new") or POSIX::_exit(1);
	print $file JSON::PP->new->latin1->encode($said);
	close($file);
	rename("$path.new", "$path.json");
}

# All of that, oldest first.
sub _kept {
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
