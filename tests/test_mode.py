"""Modes: nested, as decorators with and without parentheses, in generators and in threads."""

from threading import Barrier, Thread

import pytest

from dlcore.autograd import enable_grad, is_grad_enabled, no_grad
from dlcore.precision import autocast, autocast_state


def test_modes_nest_and_one_can_be_entered_twice():
    mode = no_grad()
    with mode:
        with mode, enable_grad():
            assert is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


@pytest.mark.parametrize("decorate", [no_grad, no_grad()], ids=["bare", "called"])
def test_decorated_function_runs_in_the_mode(decorate):
    @decorate
    def asked():
        """Kept."""
        return is_grad_enabled()

    assert asked() is False
    assert asked.__doc__ == "Kept."
    assert is_grad_enabled()


def test_generator_has_the_mode_and_its_user_has_not():
    @no_grad()
    def steps():
        try:
            received = yield is_grad_enabled()
            yield received, is_grad_enabled()
            yield "unreached"
        except KeyError:
            yield "caught", is_grad_enabled()
        return "done"

    generator = steps()
    assert next(generator) is False
    assert is_grad_enabled()
    assert generator.send(7) == (7, False)
    assert generator.throw(KeyError()) == ("caught", False)
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == "done"
    assert is_grad_enabled()


def test_threads_run_a_decorated_function_side_by_side():
    meet = Barrier(2, timeout=10)
    seen = []

    @no_grad()
    @autocast("bfloat16")
    def asked():
        meet.wait()
        answer = is_grad_enabled(), autocast_state().name
        meet.wait()
        return answer

    def run():
        answer = asked()
        seen.append((*answer, is_grad_enabled(), autocast_state()))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(False, "bfloat16", True, None)] * 2
