mod report;

fn main(){}
